/** What a page may ask of a document's surface, whatever the document's kind. */

import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

import type { MadeFile } from "../lib/files";
import type { ShortcutGroup } from "../ui/shortcuts";

/** A kind of document: see registry.ts. */
export interface SurfaceKind {
  /** Shows the document in `host`, at first not editable; `awareness` has `user` already, the surface adds its cursor. */
  mount(host: HTMLElement, doc: Y.Doc, awareness: Awareness, page: Surroundings): Surface;
  /** The document as a file, where it is not on the screen. */
  export(doc: Y.Doc, title: string): MadeFile;
}

/** What stands around a surface. */
export interface Surroundings {
  /** The id of the element that holds the text, where another one of the page has "text". */
  id?: string;
  /** For the surface's buttons. The page hides it from whoever may not write. */
  toolbar: HTMLElement;
  /** How the keys begin by which this browser remembers something of this person and this document. */
  memory: string;
  /** For style elements: the page's security policy takes no others. */
  nonce: string;
  /** Whether what others do arrives here at once, and so who is here is known. */
  isInTouch: () => boolean;
  /** A part of the surface could not be fetched; it is tried again. */
  failed: () => void;
  /** The colour by which a person is shown here, who may have `own` elsewhere. */
  colorOf: (person: string, own: string) => string;
}

/**
 * Some words of a document, wherever they are by now: both ends as Yjs's relative positions, encoded as it encodes them, in
 * base64. The first is bound to its first letter, the other to its last.
 */
export interface Stretch {
  start: string;
  end: string;
  /** The words, or their beginning: by these they are known again where they were deleted and brought back, as letters anew. */
  quote?: string;
}

/** A stretch with what it reads. */
export type Words = Stretch & { quote: string };

export interface Look {
  className: string;
  attributes?: Record<string, string>;
}

export interface Marked {
  id: string;
  stretch: Stretch;
  look: Look;
}

/** What some of the letters look like that operations of Yjs brought: from which to before which of them. */
export interface Painted {
  from: number;
  to: number;
  look: Look;
  /** For who hears where one is: see ChosenListener. */
  id?: string;
}

export type Painter = (client: number, clock: number, length: number) => Iterable<Painted>;

/** Hears, each time that a layer has been drawn, which of its marks are there: the words of the others are deleted. */
export type Drawn = (shown: ReadonlySet<string>) => void;

/** Hears where one is: whether words are chosen, and the ids of the marks at the caret, by layer. */
export type ChosenListener = (isChosen: boolean, at: ReadonlyMap<string, readonly string[]>) => void;

/** Of the menu in the header. */
export interface Switch {
  id: string;
  label: string;
  isOn: boolean;
}

/** Somebody whom one can name in the text. */
export interface Nameable {
  id: string;
  name: string;
}

export interface Surface {
  readonly isEmpty: boolean;
  /** Takes back what this person does. */
  readonly undoManager: Y.UndoManager;
  /** For the help sheet. */
  readonly shortcuts: ShortcutGroup[];
  readonly hint: string;
  /** What one can switch on and off in this kind, for oneself. */
  readonly switches?: readonly Switch[];
  /** Until what is needed to write has come, if that is fetched apart: nobody writes before. */
  readonly writable?: Promise<void>;
  /** Whether this person may change the document; what others change is always shown. */
  setEditable(editable: boolean): void;
  /** Puts the caret at the start, or where it was when this tab had the document open before; at once, so that no key is lost. */
  focus(place: "start" | "last"): void;
  /** Puts at the beginning what was typed when there was no text yet; one goes on behind it if the caret was there. */
  takeEarlyWords(lines: string[], hasCaret: boolean): void;
  export(title: string): MadeFile;
  /** What is written, and what of it is chosen. */
  words(): { all: string; chosen: string };
  /** Brings the place into sight where somebody is; whether they are in it at all. */
  reveal(person: string): boolean;
  /** The words that are selected, for good; null for none. */
  chosen(): Words | null;
  /** What these words are now; null if they are deleted. */
  wordsOf(stretch: Stretch): string | null;
  /**
   * They, bound to the letters that they consist of now: an undo brings words back as other letters, which whoever opens the
   * document later would not know for the same. Null where not all of them are there.
   */
  asNow(stretch: Stretch): Words | null;
  /** How many pixels below the window's top these words begin; null if they are deleted. */
  topOf(stretch: Stretch): number | null;
  /** Brings them into sight; whether they are there. */
  show(stretch: Stretch): boolean;
  /** Draws these marks in place of those of the same layer before, and keeps them at their words. Null takes the layer away. */
  mark(layer: string, marks: readonly Marked[] | Painter | null, drawn?: Drawn): void;
  /** Until what it returns is called. */
  onChosen(listener: ChosenListener): () => void;
  /** Changes the document, by Yjs, as one step that this person can undo, with whatever roots it touches. */
  step(change: () => void): void;
  /** Has "@" offer people, who are asked for whenever it is typed; `named` hears when one was chosen. Not every kind can name anybody. */
  offerPeople?(people: () => Promise<readonly Nameable[]>, named?: () => void): void;
  /** Brings into sight where somebody is named, by the id of that mention. */
  showMention?(id: string): void;
  /** Fetches what nobody needs to see the document, its menus for instance, however often that takes. */
  loadRest(): Promise<unknown>;
  /** Takes it off the page, and whatever it has hung up elsewhere. */
  destroy(): void;
}
