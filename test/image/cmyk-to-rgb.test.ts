/** @file Ink to light in slices: every pixel, and the event loop turns between two slices. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cmykSlices, SLICE_PIXELS } from "../../src/image/cmyk-to-rgb.js";

test("each pixel is converted once, a slice at a time", () => {
  const pixels = 2 * SLICE_PIXELS + 3;
  const cmyk = Uint8Array.from({ length: 4 * pixels }, (_, i) => (i * 7) % 256);
  const slices = cmykSlices(cmyk);
  let turns = 0;
  let step = slices.next();
  for (; !step.done; step = slices.next()) turns++;
  assert.equal(turns, 2);
  const rgb = step.value;
  assert.equal(rgb.length, 3 * pixels);
  for (const i of [0, 1, SLICE_PIXELS - 1, SLICE_PIXELS, 2 * SLICE_PIXELS, pixels - 1]) {
    const [c, m, y, k] = cmyk.subarray(4 * i, 4 * i + 4);
    const light = [c, m, y].map((ink = 0) => Math.round(((255 - ink) * (255 - (k ?? 0))) / 255));
    const off = light.map((value, channel) => Math.abs(value - (rgb[3 * i + channel] ?? -9)));
    assert.ok(Math.max(...off) <= 1, `pixel ${i}`);
  }
});
