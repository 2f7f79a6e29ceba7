import assert from "node:assert/strict";
import { test } from "node:test";

import { Colors, distance, type Present } from "../session/colors";
import { dice } from "./helpers";

const PALETTE = ["#2474cf", "#df2414", "#178529", "#8901a1", "#8b45fa", "#955e90", "#3f2cdf", "#d006a7", "#9c672e", "#4b5833", "#9c1f43", "#494b88"];

test("people next to each other are told apart, and who comes changes nobody's colour", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const roll = dice(seed);
  const colors = new Colors(PALETTE);
  let here: Present[] = [];
  for (let step = 0; step < 500; step++) {
    const before = here.map(({ id, color }) => [id, colors.of(id, color)] as const);
    const comes = here.length < PALETTE.length && roll() < 0.6;
    if (comes) {
      here.push({ id: String(step), color: PALETTE[Math.floor(roll() * 3)]!, since: step });
    } else {
      here = here.filter(() => roll() < 0.8);
    }
    colors.assign(here);
    const shown = here.map(({ id, color }) => colors.of(id, color));
    for (const [index, one] of shown.entries()) {
      for (const two of shown.slice(0, index)) assert.ok(distance(one, two) > 0.14, `${one} and ${two}, seed ${seed}`);
    }
    for (const [id, color] of before) {
      if (comes) assert.equal(colors.of(id, "none"), color, `seed ${seed}`);
    }
  }
});

test("the same on every screen, in whatever order it hears of them", () => {
  const people = ["1", "13", "25", "2"].map((id, since) => ({ id, color: PALETTE[Number(id) % 12]!, since }));
  const one = new Colors(PALETTE);
  for (const count of [1, 2, 3, 4]) one.assign(people.slice(0, count));
  const two = new Colors(PALETTE);
  two.assign([...people].reverse());
  for (const { id } of people) assert.equal(one.of(id, "none"), two.of(id, "none"));
});

test("more people than colours, and colours that are none", () => {
  const colors = new Colors(PALETTE);
  colors.assign(Array.from({ length: 40 }, (_, index) => ({ id: String(index), color: index % 2 ? "no colour" : "", since: index })));
  assert.equal(colors.of("nobody", "#123456"), "#123456");
});
