/** Icons from the Lucide library, as elements that screen readers skip. */

import { createElement, type IconNode } from "lucide";

export function icon(node: IconNode, size = 18): SVGElement {
  return createElement(node, { width: size, height: size, "aria-hidden": "true", focusable: "false" }) as SVGElement;
}
