import assert from "node:assert/strict";
import { test } from "node:test";
import { sideBySide } from "../../src/image/side-by-side.js";

const plain = (width: number, height: number, value: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});

test("pictures stand from left to right with 8 white pixels between them", () => {
  const strip = sideBySide([plain(2, 3, 10), plain(1, 3, 20)]);
  assert.deepEqual([strip.width, strip.height], [11, 3]);
  const row = [...Array(2).fill(10), ...Array(8).fill(255), 20].flatMap((value) => [value, value, value]);
  assert.deepEqual([...strip.data], [...row, ...row, ...row]);
});

test("pictures that do not fit are refused", () => {
  assert.throws(() => sideBySide([plain(2, 3, 0), plain(2, 4, 0)]), /3 and 4 pixels in height/);
  assert.throws(() => sideBySide([]), /no picture/);
});
