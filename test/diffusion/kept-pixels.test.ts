import assert from "node:assert/strict";
import { test } from "node:test";
import { keepPixels, pasteKept } from "../../src/diffusion/kept-pixels.js";
import { distanceToKept } from "../../src/tensor/distance-to-kept.js";
import { drawnMask } from "../support/drawn-mask.js";
import { noiseBytes } from "../support/integer-noise.js";
import { noiseImage } from "../support/pictures.js";

const SIZE = { width: 30, height: 20 };
const image = noiseImage(30, 20);
const painted = () => ({ ...SIZE, data: noiseBytes(30 * 20 * 3, 77) });

test("the ramp rises from the mask's edge by 1/(feather + 1) a pixel, inside the mask only", () => {
  const black = { ...SIZE, data: new Uint8Array(1800) };
  const white = { ...SIZE, data: new Uint8Array(1800).fill(255) };
  // the left ten columns are kept
  pasteKept(white, keepPixels(black, drawnMask([30, 20], [[10, 0, 30, 20, 255]]), { ...SIZE, feather: 4 }));
  const row = [...white.data.subarray(0, 90)].filter((_, i) => i % 3 === 0);
  assert.deepEqual(row.slice(0, 10), new Array(10).fill(0));
  assert.deepEqual(row.slice(10, 15), [51, 102, 153, 204, 255]);
  assert.deepEqual(row.slice(15), new Array(15).fill(255));
});

test("every pixel is the formula's, and those outside the mask are the input's bytes", () => {
  const maskImage = drawnMask(
    [30, 20],
    [
      [3, 3, 12, 17, 255],
      [15, 0, 30, 9, 200],
    ],
  );
  for (const feather of [0, 0.5, 3, 7.25, 1000]) {
    const kept = keepPixels(image, maskImage, { ...SIZE, feather });
    const distances = distanceToKept(kept.mask);
    const out = painted();
    pasteKept(out, kept);
    for (const [i, level] of out.data.entries()) {
      const distance = distances[Math.floor(i / 3)] ?? Number.NaN;
      const [input = 0, paint = 0] = [image.data[i], painted().data[i]];
      const alpha = Math.min(1, distance / (feather + 1));
      if (distance === 0) assert.equal(level, input);
      else
        assert.ok(
          Math.abs(level - (input + alpha * (paint - input))) <= 0.5,
          `byte ${i}, feather ${feather}`,
        );
    }
  }
});

test("without a kept pixel there is no edge, so no ramp", () => {
  const out = painted();
  pasteKept(out, keepPixels(image, drawnMask([30, 20], [[0, 0, 30, 20, 255]]), { ...SIZE, feather: 9 }));
  assert.deepEqual(out, painted());
});
