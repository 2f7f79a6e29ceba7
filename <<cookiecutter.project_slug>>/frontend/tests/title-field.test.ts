import "./dom";

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { BOTH_TITLES, type Draft, Title } from "../session/title";
import { settled } from "./helpers";

interface Sent {
  title: string;
  base: string;
  user: string;
}

/** The server, with the title it has. */
class Server {
  at = 1;
  online = true;
  readonly sent: Sent[] = [];

  constructor(public title: string) {}

  readonly fetch = async (_url: string, request: RequestInit = {}): Promise<Response> => {
    if (!this.online) throw new TypeError("offline");
    if (request.method !== "POST") return this.answer(200);
    const sent = JSON.parse(String(request.body)) as Sent;
    this.sent.push(sent);
    if (sent.base !== this.title) return this.answer(409);
    this.change(sent.title);
    return this.answer(200);
  };

  change(title: string): void {
    this.title = title;
    this.at += 1;
  }

  private answer(status: number): Response {
    const body = JSON.stringify({ title: this.title, at: this.at, token: "t" });
    return new Response(body, { status, headers: { "Content-Type": "application/json" } });
  }
}

async function field(server: Server) {
  globalThis.fetch = server.fetch as unknown as typeof fetch;
  document.body.replaceChildren();
  document.title = "Room · Site";
  const [input, problem] = [document.createElement("textarea"), document.createElement("p")];
  input.value = server.title;
  input.dataset["longest"] = "200";
  document.body.append(input, problem);
  const drafts: (Draft | null)[] = [];
  const said: string[] = [];
  const lost: string[] = [];
  const title = new Title({
    config: { title: server.title, titleAt: server.at, titleUrl: "/title", csrfToken: "t", user: { id: "1" } },
    input,
    problem,
    onDraft: (draft) => drafts.push(draft),
    onPending: () => undefined,
    onEnter: () => undefined,
    onSessionLost: (code) => lost.push(code),
    say: (sentence) => said.push(sentence),
  });
  await settled();
  title.letTextBegin(() => undefined);
  const type = (text: string): void => {
    input.value = text;
    input.dispatchEvent(new Event("input"));
  };
  const wait = async (milliseconds: number): Promise<void> => {
    mock.timers.tick(milliseconds);
    await settled();
  };
  return { title, input, problem, drafts, said, lost, type, wait };
}

function timed(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      await run();
    } finally {
      mock.timers.reset();
    }
  });
}

timed("a title is sent once one pauses, and is kept on the device until the server has it", async () => {
  const server = new Server("Plans");
  const { title, type, wait, drafts } = await field(server);
  type("Plans for");
  await wait(400);
  type("Plans for May");
  await wait(400);
  assert.deepEqual([server.sent, title.pending], [[], true]);
  assert.deepEqual(drafts.at(-1), { title: "Plans for May", base: "Plans" });
  await wait(100);
  assert.deepEqual(server.sent, [{ title: "Plans for May", base: "Plans", user: "1" }]);
  assert.deepEqual([server.title, title.pending, drafts.at(-1)], ["Plans for May", false, null]);
  assert.equal(document.title, "Plans for May · Site");
});

timed("who leaves the page does not wait for the pause", async () => {
  const server = new Server("Plans");
  const { type } = await field(server);
  type("Plan");
  window.dispatchEvent(new Event("pagehide"));
  await settled();
  assert.equal(server.title, "Plan");
});

timed("without a connection it is tried again, and nothing is lost", async () => {
  const server = new Server("Plans");
  const { title, type, wait } = await field(server);
  server.online = false;
  type("Plan");
  await wait(500);
  assert.equal(title.pending, true);
  server.online = true;
  await wait(5_000);
  assert.deepEqual([server.title, title.pending], ["Plan", false]);
});

timed("what two change at once is put together, and that is said where it had to be doubled", async () => {
  const server = new Server("Room");
  const { input, type, wait, said } = await field(server);
  type("My Room");
  server.change("Room for two");
  await wait(500);
  assert.equal(input.value, "My Room for two");
  await wait(500);
  assert.equal(server.title, "My Room for two");
  assert.deepEqual(said, []);
  type("cat");
  await wait(500);
  type("bat");
  server.change("cap");
  await wait(500);
  await wait(500);
  assert.deepEqual([server.title, said], ["bat cap", [BOTH_TITLES]]);
});

timed("what others make of the title is shown, but for an earlier one that arrives later", async () => {
  const { title, input } = await field(new Server("Room"));
  title.receive("Room two", 5);
  assert.equal(input.value, "Room two");
  title.receive("Room one", 4);
  assert.equal(input.value, "Room two");
});

timed("half a word of an input method is shown to nobody, and kept all the same", async () => {
  const server = new Server("Room");
  const { input, type, wait, drafts } = await field(server);
  input.dispatchEvent(new Event("compositionstart"));
  type("Roomに");
  await wait(10_000);
  assert.deepEqual([server.sent, drafts.at(-1)], [[], { title: "Roomに", base: "Room" }]);
  input.dispatchEvent(new Event("compositionend"));
  await wait(500);
  assert.equal(server.title, "Roomに");
});

timed("a title that was left on the device is gone on with", async () => {
  const server = new Server("Room");
  const { title, input, wait } = await field(server);
  let restored = 0;
  title.restore([{ title: "Room two", base: "Room" }], () => (restored += 1));
  assert.deepEqual([input.value, restored], ["Room two", 1]);
  await wait(500);
  assert.equal(server.title, "Room two");
});

timed("who may not write sends nothing, and neither does a page that has stopped", async () => {
  const server = new Server("Room");
  const { title, input, type, wait } = await field(server);
  title.setReadOnly(true);
  assert.equal(input.readOnly, true);
  type("Room two");
  await wait(10_000);
  assert.deepEqual(server.sent, []);
  title.setReadOnly(false);
  await settled();
  assert.equal(server.title, "Room two");
  title.stop();
  type("Room three");
  await wait(10_000);
  assert.equal(server.title, "Room two");
});
