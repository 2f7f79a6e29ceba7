import "./dom";

import assert from "node:assert/strict";
import { test } from "node:test";

import { headersOf } from "../lib/asker";

test("a page that was open before one signed in again goes on with the new token, as whose it is", () => {
  const page = { user: "7", token: "as old as the page" };
  assert.deepEqual(headersOf(page), { "Page-Of": "7", "X-CSRFToken": "as old as the page" });
  for (const name of ["csrftoken", "__Host-csrftoken"]) {
    Object.defineProperty(document, "cookie", { configurable: true, get: () => `theme=dark; ${name}=new; other-csrftoken=x` });
    assert.deepEqual(headersOf(page), { "Page-Of": "7", "X-CSRFToken": "new" });
  }
  Object.defineProperty(document, "cookie", { configurable: true, get: () => "csrftoken=of another site; __Host-csrftoken=new" });
  assert.deepEqual(headersOf(page), { "Page-Of": "7", "X-CSRFToken": "new" });
});
