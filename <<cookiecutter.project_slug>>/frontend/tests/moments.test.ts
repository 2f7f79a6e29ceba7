import assert from "node:assert/strict";
import { test } from "node:test";

import { told } from "../ui/moments";

const NOW = new Date("2026-03-10T00:30:00Z");

function ago(minutes: number, timeZone: string, locale = "de"): string {
  return told(new Date(NOW.getTime() - minutes * 60_000), NOW, locale, timeZone).replace(/\s/g, " ");
}

test("moments by the reader's clock", () => {
  assert.equal(ago(0, "UTC"), "just now");
  assert.equal(ago(1, "UTC"), "a minute ago");
  assert.equal(ago(59, "UTC"), "59 minutes ago");
  assert.equal(ago(60, "UTC"), "yesterday at 23:30");
  assert.equal(ago(60, "Europe/Berlin"), "today at 00:30");
  assert.equal(ago(60, "America/New_York"), "today at 19:30");
  assert.equal(ago(60, "America/New_York", "en-US"), "today at 7:30 PM");
  assert.equal(ago(8 * 24 * 60, "UTC"), "2 March");
  assert.equal(ago(100 * 24 * 60, "UTC"), "30 November 2025");
});

test("a browser that names no language, as Chromium does where the system has none", () => {
  assert.match(ago(60, "Europe/Berlin", "en-US@posix"), /^today at /);
});

test("a server whose clock is ahead", () => {
  assert.equal(ago(-0.5, "UTC"), "just now");
  assert.equal(ago(-90, "UTC"), "today at 02:00");
});
