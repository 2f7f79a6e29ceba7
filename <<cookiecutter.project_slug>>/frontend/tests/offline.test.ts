import "./dom";
import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Y from "yjs";

import { showDocuments } from "../../offline/editor/documents";
import { open } from "../session/local-copy";
import { breakDatabases, here } from "./disk";

test("the list of documents on this device has those that cannot be read, and all others", async () => {
  for (const [room, title] of [["x-failing", "Lost"], ["y-hanging", "Slow"], ["z-own", "Own"]] as const) {
    const doc = new Y.Doc();
    doc.getText("title").insert(0, title);
    const database = await open(here(room));
    await database.put("updates", Y.encodeStateAsUpdate(doc), 1);
    database.close();
  }
  document.body.innerHTML = ["unreachable", "not-here", "nothing-kept"].map((id) => `<p id="${id}"></p>`).join("");
  const repair = breakDatabases("x-failing", "y-hanging");
  const list = document.createElement("ul");
  await showDocuments(list, "1", new Set(["x-failing", "y-hanging", "z-own"]));
  repair();
  assert.deepEqual([...list.querySelectorAll("strong")].map((each) => each.textContent), ["Own", "Untitled", "Untitled"]);
  assert.equal(document.getElementById("nothing-kept")?.hidden, true);
});
