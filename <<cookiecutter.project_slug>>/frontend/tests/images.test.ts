import assert from "node:assert/strict";
import { test } from "node:test";

import { Consent } from "../surfaces/text/things/image/images";

function memory(): Pick<Storage, "getItem" | "setItem"> & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return { values, getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value) };
}

test("an answer holds for one host in one document of one person", () => {
  const store = memory();
  const consent = new Consent("yroom:1:room", store, "https://own.example");
  assert.equal(consent.allows("https://own.example/a.png"), true);
  assert.equal(consent.allows("https://a.example/x.png"), false);
  let told = 0;
  const unwatch = consent.watch(() => (told += 1));
  consent.allow("https://a.example/x.png");
  assert.equal(told, 1);
  for (const [address, allowed] of [
    ["https://a.example/other.png", true],
    ["https://a.example:8443/x.png", false],
    ["https://b.a.example/x.png", false],
    ["https://a.example.evil.example/x.png", false],
    ["https://a.example@evil.example/x.png", false],
  ] as const) {
    assert.equal(consent.allows(address), allowed, address);
  }
  assert.equal(new Consent("yroom:1:room", store).allows("https://a.example/y.png"), true);
  assert.equal(new Consent("yroom:2:room", store).allows("https://a.example/y.png"), false);
  assert.equal(new Consent("yroom:1:other", store).allows("https://a.example/y.png"), false);
  unwatch();
  consent.allow("https://c.example/");
  assert.equal(told, 1);
});

test("whatever is stored, and if nothing can be", () => {
  for (const stored of ["", "no", "3", "null", '{"a": 1}', "[3, null, {}]"]) {
    const store = memory();
    store.values.set("yroom:1:room:images", stored);
    assert.equal(new Consent("yroom:1:room", store).allows("https://a.example/"), false, stored);
  }
  const full = { getItem: () => null, setItem: () => assert.fail() };
  const consent = new Consent("yroom:1:room", full);
  consent.allow("https://a.example/");
  assert.equal(consent.allows("https://a.example/"), true);
});
