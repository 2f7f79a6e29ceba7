/** What notices say in the editor. */

export const nameSomebody = "Name somebody";

export const newNotice = "You have a new notice.";

export function noticesLabel(unread: number): string {
  return unread === 0 ? "Notices" : `Notices, ${unread} unread`;
}
