/** What notices say in the editor. */

export const nameSomebody = "Name somebody";

/** For screen readers, as in the text: the focus stays in the box. */
export const offered = (people: number): string => `${people} ${people === 1 ? "person" : "people"}: arrows and Enter choose`;

export const newNotice = "You have a new notice.";

export function noticesLabel(unread: number): string {
  return unread === 0 ? "Notices" : `Notices, ${unread} unread`;
}
