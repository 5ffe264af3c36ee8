import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Mask } from "../../src/tensor/mask.js";
import { resizeMaskNearest } from "../../src/tensor/resize-mask-nearest.js";

const edge = fc.integer({ min: 1, max: 24 });

function maskOf(width: number, height: number, bits: readonly number[]): Mask {
  return { width, height, data: Uint8Array.from({ length: width * height }, (_, i) => bits[i] ?? 0) };
}

test("shrinking by a whole factor takes the first pixel of every cell", () => {
  const bits = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 24 * 24, maxLength: 24 * 24 });
  fc.assert(
    fc.property(edge, edge, fc.integer({ min: 1, max: 8 }), bits, (width, height, factor, values) => {
      const mask = maskOf(width * factor, height * factor, values);
      const shrunk = resizeMaskNearest(mask, width, height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          assert.equal(shrunk.data[y * width + x], mask.data[(y * mask.width + x) * factor]);
        }
      }
    }),
  );
});

test("the indices of a broken ratio are torch's", () => {
  // torch.nn.functional.interpolate(torch.arange(5.)[None, None], size=(3,)) -> 0, 1, 3; size=(7,) -> 0 0 1 2 2 3 4
  const bit = (position: number) =>
    maskOf(
      5,
      1,
      [0, 1, 2, 3, 4].map((i) => Number(i === position)),
    );
  const indices = (width: number) =>
    Array.from({ length: width }, (_, x) =>
      [0, 1, 2, 3, 4].findIndex((i) => resizeMaskNearest(bit(i), width, 1).data[x] === 1),
    );
  assert.deepEqual(indices(3), [0, 1, 3]);
  assert.deepEqual(indices(7), [0, 0, 1, 2, 2, 3, 4]);
});
