import assert from "node:assert/strict";
import { test } from "node:test";
import { textureOf, windowSide, windowsOf } from "../../../models/evaluation/measures/texture-windows.js";
import { picture, SIDE, squareHole } from "./made-pictures.js";

test("windows lie wholly in the hole or wholly outside", () => {
  const side = windowSide(SIDE);
  assert.equal(side, 8);
  const [hole, surround] = [windowsOf(squareHole(), "hole"), windowsOf(squareHole(), "surround")];
  // 64 pixels hold 15 windows of 8, half a window apart; of the 31 in all of 128 pixels 17 touch the middle
  assert.equal(hole.length, 15 ** 2);
  assert.equal(surround.length, 31 ** 2 - 17 ** 2);
  for (const corner of hole) assert.ok(corner % SIDE >= 32 && (corner % SIDE) + side <= 96);
});

test("a fine chequerboard of ±10 levels deviates by 10", () => {
  const board = picture((x, y) => ((x + y) % 2 === 0 ? 110 : 90));
  assert.equal(textureOf(board, windowsOf(squareHole(), "hole")).deviation, 10);
});

test("nothing to look at is refused", () => {
  assert.throws(
    () =>
      textureOf(
        picture(() => 0),
        [],
      ),
    /no window/,
  );
});
