import assert from "node:assert/strict";
import { test } from "node:test";
import { preferenceOf, type SteeredCase, sharesRight } from "../../../models/evaluation/parts/steering.js";
import type { HueName } from "../../../models/scenes/colour.js";

const one = (colour: HueName, found: HueName | undefined, heldOut = false): SteeredCase => ({
  colour,
  shape: "ball",
  heldOut,
  seed: 0,
  found,
});

test("shares right, trained and held-out pairs apart", () => {
  const cases = [
    one("red", "red"),
    one("red", "pink"),
    one("blue", undefined),
    one("purple", "purple", true),
  ];
  assert.deepEqual(sharesRight(cases), { trained: 1 / 3, heldOut: 1, all: 0.5 });
});

test("the most frequent hue, among all cases and not only those with a hue", () => {
  const found = [...Array<HueName>(6).fill("green"), ...Array<HueName>(3).fill("red"), undefined];
  const { hue, share, bound } = preferenceOf(found.map((name) => one("red", name)));
  assert.equal(hue, "green");
  assert.equal(share, 0.6);
  assert.ok(bound > 0.4 && bound < share, `six of ten alike are no chance: ${bound}`);
});
