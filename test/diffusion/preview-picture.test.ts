import assert from "node:assert/strict";
import { test } from "node:test";
import { previewPicture } from "../../src/diffusion/preview-picture.js";

const SIZE = 64;
const picture = previewPicture(SIZE);
const at = (x: number, y: number) => [...picture.data.subarray(3 * (y * SIZE + x), 3 * (y * SIZE + x) + 3)];

test("the corners of the colour cube, each sixteen pixels wide", () => {
  const centre = (column: number, row: number) => at(column * 16 + 8, 32 + row * 16 + 8);
  assert.deepEqual(
    [0, 1, 2, 3].map((column) => centre(column, 0)),
    [
      [0, 0, 0],
      [255, 0, 0],
      [0, 255, 0],
      [255, 255, 0],
    ],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((column) => centre(column, 1)),
    [
      [255, 255, 255],
      [0, 255, 255],
      [255, 0, 255],
      [0, 0, 255],
    ],
  );
  assert.deepEqual(at(15, 63), centre(0, 1));
  assert.deepEqual(at(16, 47), centre(1, 0));
});

test("hues from left to right, from dark to pale", () => {
  const lightness = (y: number) => {
    const [red = 0, green = 0, blue = 0] = at(0, y);
    return Math.max(red, green, blue) + Math.min(red, green, blue);
  };
  for (let y = 1; y < 32; y++) assert.ok(lightness(y) > lightness(y - 1), `row ${y}`);
  // the halfway rows are nearly pure: red at 0, green past a third, blue past two thirds
  const brightest = (x: number) => at(x, 15).indexOf(Math.max(...at(x, 15)));
  assert.deepEqual([brightest(0), brightest(22), brightest(43)], [0, 1, 2]);
  // red to yellow to green and on: from one pixel to the next no colour jumps
  for (let x = 1; x < SIZE; x++) {
    const [before, here] = [at(x - 1, 15), at(x, 15)];
    assert.ok(Math.max(...here.map((level, i) => Math.abs(level - (before[i] ?? 0)))) <= 26, `column ${x}`);
  }
});

test("no colour goes with another, nor stays the same", () => {
  const planes = [0, 1, 2].map((colour) => picture.data.filter((_, i) => i % 3 === colour));
  const centred = planes.map((plane) => {
    const mean = plane.reduce((sum, level) => sum + level, 0) / plane.length;
    return Float64Array.from(plane, (level) => level - mean);
  });
  const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  for (const [i, a] of centred.entries()) {
    assert.ok(product(a, a) / a.length > 80 ** 2, "spread");
    for (const b of centred.slice(i + 1)) {
      assert.ok(Math.abs(product(a, b)) < 0.2 * Math.sqrt(product(a, a) * product(b, b)));
    }
  }
});
