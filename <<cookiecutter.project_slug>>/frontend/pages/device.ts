/**
 * On every page: keeps this device free of texts that have no business here.
 *
 * That is what another person left, what one may no longer open, and what nobody has opened for long. Edits that the
 * server does not have are never among it: the person is told of them, and asked before they go.
 */

import { forgetWords, roomsWithWords } from "../lib/kept-words";
import { confirm } from "../ui/confirm";
import { Marks } from "../session/unsent";
import { type Copy, copiesHere, idleSince, isOpen, marksOf, remove, roomsMarked, roomsWithUnsent, within } from "../session/copies";
import { SignOuts } from "../session/sign-outs";

/** So many rooms are asked about at once: see `open_rooms` in rooms/views.py. */
const MOST_ASKED = 50;
const PATIENCE = 3_000;
const DAY = 86_400_000;

interface Answer {
  user: string;
  rooms: Record<string, string>;
  /** The server's clock, in milliseconds. */
  now: number;
}

const { user = "", copyDays = "", openRoomsUrl = "", logoutUrl = "" } = document.body.dataset;

/** This device is being asked, or cleared, for a sign-out: until then the button does nothing more. */
let isBusy = false;

document.addEventListener("submit", signOutFirst);
if (copyDays) void tidyUp(Number(copyDays) * DAY).catch(() => undefined);

async function tidyUp(longest: number): Promise<void> {
  const copies = await copiesHere();
  for (let start = 0; start < copies.length; start += MOST_ASKED) {
    const some = copies.slice(start, start + MOST_ASKED);
    const response = await fetch(`${openRoomsUrl}?${new URLSearchParams(some.map(({ room }) => ["room", room]))}`);
    if (!response.ok) return;
    const answer = (await response.json()) as Answer;
    await Promise.all(some.map((copy) => within(judge(copy, answer, longest), undefined)));
  }
}

async function judge(copy: Copy, answer: Answer, longest: number): Promise<void> {
  const isOwn = copy.user === answer.user;
  const title = isOwn ? (answer.rooms[copy.room] ?? null) : null;
  if ((await marksOf(copy)).unsent) {
    if (isOwn && !(await isOpen(copy))) note(copy, title);
  } else if (!(await isOpen(copy)) && (title === null || answer.now - (await idleSince(copy, answer.now)) > longest)) {
    // A page that has it open takes it off itself once it hears: until then it adds to it what is being typed.
    await remove(copy);
  }
}

/** Where the page has a list for it, says that edits wait on this device. */
function note(copy: Copy, title: string | null): void {
  const list = document.getElementById("waiting");
  if (!list) return;
  const item = document.createElement("li");
  item.className = "message message-warning";
  const link = document.createElement("a");
  link.href = `/rooms/${copy.room}/`;
  link.textContent = title === null ? "See what they are" : "Open it";
  item.append(waitingNote(title), " ", link);
  list.append(item);
  list.hidden = false;
}

/** Signing out takes one's texts off this device, and asks first where that would lose something. */
function signOutFirst(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (!user || !logoutUrl || new URL(form.action).pathname !== logoutUrl || event.defaultPrevented) return;
  event.preventDefault();
  if (isBusy) return;
  isBusy = true;
  const asked = unsentAnywhere().finally(() => (isBusy = false));
  void asked.then((unsent) => askBefore(form, event.submitter, unsent));
}

async function unsentAnywhere(): Promise<number> {
  return new Set([...(await roomsWithUnsent(user)), ...roomsWithWords(user)]).size;
}

function askBefore(form: HTMLFormElement, from: HTMLElement | null, unsent: number): void {
  const signOut = (): void => {
    isBusy = true;
    const patience = new Promise((resolve) => window.setTimeout(resolve, PATIENCE));
    // What cannot be taken off now, because the disk is slow, goes when the next page is opened.
    void Promise.race([leave(), patience]).finally(() => {
      isBusy = false;
      form.submit();
    });
  };
  if (unsent === 0) signOut();
  else confirm({ sentence: signOutQuestion(unsent), label: "Sign out", accept: signOut, from });
}

async function leave(): Promise<void> {
  for (const room of roomsMarked(user)) new Marks(user, room, 0).forget();
  forgetWords(user);
  const signOuts = new SignOuts(user);
  signOuts.tell();
  signOuts.destroy();
  const own = (await copiesHere()).filter((copy) => copy.user === user);
  await Promise.allSettled(own.map(remove));
}

/** Asked before somebody signs out who has edits on this device that the server does not have. */
function signOutQuestion(documents: number): string {
  const where = documents === 1 ? "a document" : `${documents} documents`;
  return `Changes to ${where} may not have been sent yet. If you sign out, they are taken off this device and may be lost.`;
}

/** On the dashboard, about a document whose edits wait on this device. */
function waitingNote(title: string | null): string {
  return title === null
    ? "Changes that you made to a document which you can no longer open were never saved. They are still on this device."
    : `Your last changes to “${title}” are kept on this device, but may not have been sent yet. They are sent once you open it.`;
}
