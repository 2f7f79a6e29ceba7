/** What nobody needs to see a document. In one file: each that a browser has to ask for costs it and the server time. */

export * as dialogs from "../ui/dialogs";
export { openFeatures } from "./features";
export { mountHeader } from "./header";
