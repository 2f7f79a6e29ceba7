import "./dom";

import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { untilThere } from "../lib/again";
import { Colors } from "../session/colors";
import { Connection } from "../session/connection";
import { LocalCopy } from "../session/local-copy";
import { Presence } from "../session/presence";
import { SignOuts } from "../session/sign-outs";
import { StatusLine } from "../session/status";
import { Title } from "../session/title";
import { Marks } from "../session/unsent";
import { Memory, settled } from "./helpers";

/** What is hung up in a page: listeners of what outlives the parts, timers, channels. */
class Hooks {
  private readonly held = new Set<string>();
  private readonly undo: (() => void)[] = [];
  private count = 0;

  constructor(targets: Record<string, EventTarget>) {
    for (const [name, target] of Object.entries(targets)) this.watchListeners(name, target);
    this.watchTimers("setTimeout", "clearTimeout", true);
    this.watchTimers("setInterval", "clearInterval", false);
    this.watchChannels();
  }

  get left(): string[] {
    return [...this.held].map((each) => each.replace(/ \d+$/, "")).sort();
  }

  end(): void {
    for (const undo of this.undo.reverse()) undo();
  }

  private watchListeners(name: string, target: EventTarget): void {
    const { addEventListener, removeEventListener } = target;
    const keys = new Map<unknown, string>();
    target.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions): void => {
      const key = `${type} of ${name} ${++this.count}`;
      keys.set(listener, key);
      this.held.add(key);
      options?.signal?.addEventListener("abort", () => this.held.delete(key));
      addEventListener.call(target, type, listener, options);
    };
    target.removeEventListener = (type: string, listener: EventListener): void => {
      this.held.delete(keys.get(listener) ?? "");
      removeEventListener.call(target, type, listener);
    };
    this.undo.push(() => Object.assign(target, { addEventListener, removeEventListener }));
  }

  private watchTimers(set: "setTimeout" | "setInterval", clear: "clearTimeout" | "clearInterval", once: boolean): void {
    const before: Record<string, (...given: unknown[]) => unknown> = { [set]: window[set], [clear]: window[clear] } as never;
    const keys = new Map<unknown, string>();
    const started = (run: () => void, delay?: number): unknown => {
      const key = `${set} ${++this.count}`;
      this.held.add(key);
      const timer: unknown = before[set]!.call(window, () => {
        if (once) this.held.delete(key);
        run();
      }, delay);
      keys.set(timer, key);
      return timer;
    };
    const cleared = (timer: unknown): void => {
      this.held.delete(keys.get(timer) ?? "");
      before[clear]!.call(window, timer);
    };
    Object.assign(window, { [set]: started, [clear]: cleared });
    this.undo.push(() => Object.assign(window, before));
  }

  private watchChannels(): void {
    const { held } = this;
    const before = globalThis.BroadcastChannel;
    const next = (): string => `channel ${++this.count}`;
    globalThis.BroadcastChannel = class extends before {
      private readonly key = next();

      constructor(name: string) {
        super(name);
        held.add(this.key);
      }

      override close(): void {
        held.delete(this.key);
        super.close();
      }
    };
    this.undo.push(() => (globalThis.BroadcastChannel = before));
  }
}

interface Stage {
  doc: Y.Doc;
  awareness: Awareness;
  make: <T extends HTMLElement = HTMLDivElement>(tag?: string) => T;
}

const failing = (): Promise<never> => Promise.reject(new Error("the network is gone"));

/** Opens a part and has it do something; returns what closes it. */
const PARTS: Record<string, (stage: Stage) => Promise<() => void> | (() => void)> = {
  title: ({ doc, awareness, make }) => {
    const input = make<HTMLTextAreaElement>("textarea");
    const [carets, hint] = [make(), make()];
    const title = new Title({ doc, awareness, input, carets, hint, title: "", colorOf: (_, own) => own, onEnter: () => undefined });
    title.begin(null);
    input.focus();
    input.value = "Plans";
    input.dispatchEvent(new Event("input"));
    doc.getText("title").insert(0, "Our ");
    return () => title.destroy();
  },
  "status line": ({ make }) => {
    const line = new StatusLine(make(), make());
    line.show({ name: "saving", text: "Saving…" });
    line.show({ name: "saved", text: "Saved" });
    return () => line.destroy();
  },
  presence: ({ make, awareness }) => {
    const presence = new Presence(make("ul"), awareness, () => ({ id: "1", name: "Ada", color: "#112233" }), new Colors([]));
    awareness.setLocalStateField("user", { id: "1", name: "Ada", color: "#112233" });
    return () => presence.destroy();
  },
  "sign-outs": () => {
    const signOuts = new SignOuts("1", () => undefined);
    return () => signOuts.destroy();
  },
  marks: () => new Marks("1", "room", 1, new Memory()).onDecided(() => undefined),
  connection: ({ doc }) => {
    const nothing = (): void => undefined;
    const connection = new Connection({
      url: "ws://localhost:1",
      room: "room",
      schema: 1,
      user: "1",
      doc,
      readOnly: false,
      opened: Promise.resolve(),
      withhold: false,
      onChange: nothing,
      onFrame: nothing,
      onClose: nothing,
      onWithheld: nothing,
    });
    connection.connect();
    return () => connection.destroy();
  },
  "local copy": async ({ doc }) => {
    const copy = new LocalCopy({ doc, user: "1", room: "room", schema: 1, onChange: () => undefined });
    await copy.opened;
    doc.getText("text").insert(0, "a");
    await settled();
    return () => copy.close();
  },
  "a part that is fetched again": async () => {
    const closing = new AbortController();
    void untilThere(failing, () => undefined, closing.signal);
    await settled();
    return () => closing.abort();
  },
};

for (const [name, open] of Object.entries(PARTS)) {
  test(`${name}: what was opened is closed, and leaves nothing behind`, async () => {
    document.body.replaceChildren();
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    const narrow = window.matchMedia("(max-width: 40rem)");
    const { matchMedia } = window;
    window.matchMedia = () => narrow;
    const make = <T extends HTMLElement = HTMLDivElement>(tag = "div"): T => {
      const made = document.createElement(tag) as T;
      document.body.append(made);
      return made;
    };
    // An awareness of y-protocols hears of the end of its document for as long as there is one.
    const namesOf = ({ _observers }: Y.Doc | Awareness): string[] =>
      [..._observers].flatMap(([event, { size }]) => (event === "destroy" ? [] : Array<string>(size).fill(String(event)))).sort();
    const observers = (): string[] => [doc, awareness].flatMap(namesOf);
    const before = observers();
    const hooks = new Hooks({ window, document, "the screen's width": narrow });
    try {
      const close = await open({ doc, awareness, make });
      assert.notDeepEqual([...hooks.left, ...observers()], before, "it has something to close");
      const body = document.body.textContent;
      close();
      await settled();
      assert.deepEqual(hooks.left, []);
      assert.deepEqual(observers(), before);
      assert.equal(document.body.textContent, body, "and it changes nothing any more");
    } finally {
      hooks.end();
      window.matchMedia = matchMedia;
      awareness.destroy();
      doc.destroy();
    }
  });
}
