import assert from "node:assert/strict";
import { test } from "node:test";
import { preferenceOf, ratesRight, type SteeredCase } from "../../../models/evaluation/parts/steering.js";
import type { HueName } from "../../../models/scenes/colour.js";

const one = (colour: HueName, found: HueName | undefined, heldOut = false, repeat = 0): SteeredCase => ({
  colour,
  shape: "ball",
  heldOut,
  seed: 0,
  repeat,
  found,
});

test("shares right: trained and held-out pairs apart, and all alike however often each was tried", () => {
  const { trained, heldOut, allAlike } = ratesRight([
    one("red", "red"),
    one("red", "pink"),
    one("blue", undefined),
    one("purple", "purple", true),
    one("purple", "red", true, 1),
    one("purple", "red", true, 2),
  ]);
  assert.deepEqual([trained.hits, trained.of], [1, 3]);
  assert.deepEqual([heldOut.hits, heldOut.of], [1, 3]);
  assert.deepEqual([allAlike.hits, allAlike.of], [2, 4]);
});

test("the most frequent hue is one among the cases that show a hue, however many show none", () => {
  const found = [
    ...Array<HueName>(9).fill("green"),
    ...Array<HueName>(3).fill("red"),
    ...Array<undefined>(84),
  ];
  const { coloured, hue, most, bound, isPreferred, isVague } = preferenceOf(
    found.map((name) => one("red", name)),
  );
  assert.deepEqual([coloured.hits, coloured.of], [12, 96]);
  assert.deepEqual([hue, most.share], ["green", 0.75]);
  // of all 96 cases nine would be few
  assert.ok(isPreferred && isVague && bound > 0.3 && bound < 0.75, `${bound}`);
});

test("hues in turn are no preference; a few cases say so vaguely, and none say nothing", () => {
  const turns = (count: number) =>
    Array.from({ length: count }, (_, i) => one("red", (["red", "blue", "green", "pink"] as const)[i % 4]));
  assert.deepEqual(pick(preferenceOf(turns(28))), { isPreferred: false, isVague: false });
  assert.deepEqual(pick(preferenceOf(turns(3))), { isPreferred: false, isVague: true });
  const none = preferenceOf([one("red", undefined)]);
  assert.deepEqual(pick(none), { isPreferred: false, isVague: true });
  assert.deepEqual([none.hue, none.bound], [undefined, 1]);
});

const pick = ({ isPreferred, isVague }: ReturnType<typeof preferenceOf>) => ({ isPreferred, isVague });
