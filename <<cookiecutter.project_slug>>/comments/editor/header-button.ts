/** The button in the header: how many comments are open, and their list. */

import { MessageSquareText } from "lucide";

import { icon } from "../../frontend/ui/icons";
import { countLabel } from "./messages";
import { make } from "./parts";

export class HeaderButton {
  readonly element = make("button", "button button-icon comment-button", icon(MessageSquareText));

  private readonly count = make("span", "comment-count");

  constructor(act: () => void) {
    this.element.type = "button";
    this.element.dataset["testid"] = "comments-button";
    this.element.append(this.count);
    this.element.addEventListener("click", act);
    // It has a name before there are any.
    this.show(0, false);
  }

  show(open: number, isExpanded: boolean): void {
    const label = countLabel(open);
    this.element.title = label;
    this.element.setAttribute("aria-label", label);
    this.element.setAttribute("aria-expanded", String(isExpanded));
    this.count.textContent = open ? String(open) : "";
  }
}
