/** The sentences of the sharing dialog. What is true of a document is told by the server: see rooms/sharing.py. */

export const SHARE = "Share";
export const PEOPLE = "People";
export const LINK = "Link";
export const REQUESTS = "Asking for access";
export const ADDRESS = "E-mail address";
export const ROLE = "What they may do";
export const INVITE = "Invite";
export const AUDIENCE = "Who the link lets in";
export const LINK_ROLE = "What they may do with the link";
export const EXPIRES = "When the link ends";
export const OWNER = "Owner";
export const COPY_LINK = "Copy link";
export const NEW_LINK = "New link";
export const COPIED = "The link is copied.";
export const NOT_COPIED = "The browser did not let the link be copied. Select and copy it here:";
export const DONE = "Done";
export const LET_IN = "Let in";
export const DECLINE = "No";
export const LEAVE = "Leave";
export const REMOVE = "Remove";
export const MAKE_OWNER = "Make owner";
export const ALL_PEOPLE = "All people on the list";
export const LOADING = "Looking up who can see it…";
export const RETRY = "Try again";
export const NEVER = "Never ends";
export const OVER = "This link has ended: it lets nobody in. Choose another end to let it live again.";
export const LINK_HINT = "A new link, or none, ends the one before, also for those who came by it.";

/** Days after which a link can end. */
export const DAYS: readonly [string, string][] = [
  ["1", "Ends in a day"],
  ["7", "Ends in a week"],
  ["30", "Ends in a month"],
  ["90", "Ends in three months"],
];

export const endsAt = (moment: Date): string => `Ends ${moment.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })}`;

export const roleOf = (name: string): string => `What ${name} may do`;
export const removeLabel = (name: string): string => `Remove ${name}`;
export const removeQuestion = (name: string): string => `Remove ${name} from this document?`;
export const ownerLabel = (name: string): string => `Make ${name} the owner`;
export const ownerQuestion = (name: string): string => `Make ${name} the owner of this document? You may then still edit it.`;
export const letInLabel = (name: string): string => `Let ${name} in`;
export const declineLabel = (name: string): string => `Do not let ${name} in`;
export const came = (number: number): string =>
  number === 0 ? "Nobody has come by it yet." : number === 1 ? "1 person has come by it." : `${number} people have come by it.`;
export const ARRIVALS = "People who have come by the link";
export const PUT_OUT = "Put out";
export const putOutLabel = (name: string): string => `Put ${name} out`;
export const putOutQuestion = (name: string): string =>
  `Put ${name} out of this document? Who still has the link can come back without an account, or with another: a new link keeps everybody out.`;
export const asking = (number: number): string => (number === 1 ? "1 person asks for access" : `${number} people ask for access`);

export const you = (may: string, byLink: boolean, owner: string): string =>
  `You ${may} this document${byLink ? ", by its link" : ""}. Who else may open it is up to ${owner}, its owner.`;
export const LEAVE_QUESTION = "Leave this document? Only its owner can let you in again.";
export const LEAVE_LINK_QUESTION = "Leave this document? You can come back by its link.";
