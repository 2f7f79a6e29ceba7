/** Lowlight without its languages: fetched with the first code block that names one. */

export { createLowlight } from "lowlight";
