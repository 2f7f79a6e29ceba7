import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { RoomPage } from "../feature";
import { AskFailed } from "../lib/ask";
import { SharingDialog } from "../../rooms/editor/sharing/dialog";
import type { Sharing } from "../../rooms/editor/sharing/sharing";

const SOMEBODY = { name: "Guest", detail: "", initials: "G", color: "" };

function sharing(role: string): Sharing {
  return {
    ...{ words: "", may: ["share"], you: "", byLink: false, isYours: true, address: "", leaveUrl: "" },
    ownedBy: { ...SOMEBODY, name: "Demo" },
    people: [{ ...SOMEBODY, url: "/members/1/", role, note: "", canOwn: false }],
    roles: [["viewer", "Can view"], ["editor", "Can edit"]],
  };
}

test("why a choice was not saved is said until something else is chosen, whatever others change meanwhile", async () => {
  let fails = false;
  let reads = true;
  const ask: RoomPage["ask"] = (_url, asked) => {
    if (asked?.method === "POST" ? fails : !reads) return Promise.reject(new AskFailed(asked?.method ? "Not saved." : "Not read.", 0));
    return Promise.resolve(sharing("viewer"));
  };
  const dialog = new SharingDialog({ ask } as unknown as RoomPage, "/sharing/", "/members/", () => undefined, () => undefined);
  const settled = (): Promise<void> => new Promise((done) => setTimeout(done));
  await settled();
  const problem = (): string | null | undefined => document.querySelector("[role=alert]")?.textContent;
  const choose = async (role: string): Promise<string> => {
    const choice = (): HTMLSelectElement => document.querySelector("[aria-label='What Guest may do']") as HTMLSelectElement;
    choice().value = role;
    choice().dispatchEvent(new Event("change"));
    await settled();
    return choice().value;
  };
  fails = true;
  assert.equal(await choose("editor"), "viewer");
  assert.equal(problem(), "Not saved.");
  await dialog.load();
  assert.equal(problem(), "Not saved.");
  reads = false;
  await dialog.load();
  assert.equal(problem(), "Not saved.");
  fails = false;
  await choose("editor");
  assert.equal(problem(), "");
  await dialog.load();
  assert.equal(problem(), "Not read.");
  reads = true;
  await dialog.load();
  assert.equal(problem(), "");
});
