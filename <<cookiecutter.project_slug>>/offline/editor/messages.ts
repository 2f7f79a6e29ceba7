/** Sentences of the page that lists the documents on this device. */

export const UNTITLED = "Untitled";
export const UNSENT = "Your last changes are not sent yet";
export const NOT_HERE = "The document that you asked for is not on this device.";
