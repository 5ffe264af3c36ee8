import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { distanceToKept } from "../../src/tensor/distance-to-kept.js";
import type { Mask } from "../../src/tensor/mask.js";

/** By its definition, in time quadratic in the pixels. */
function everyPairsDistance({ width, height, data }: Mask): Float32Array {
  const out = new Float32Array(data.length).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < data.length; i++) {
    for (let k = 0; k < width * height; k++) {
      if (data[k] === 1) continue;
      const distance = Math.hypot((i % width) - (k % width), Math.floor(i / width) - Math.floor(k / width));
      out[i] = Math.min(out[i] ?? 0, distance);
    }
  }
  return out;
}

const masks = fc
  .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 }), fc.integer({ min: 0, max: 40 }))
  .chain(([width, height, keptIn100]) =>
    fc
      .array(fc.integer({ min: 0, max: 99 }), { minLength: width * height, maxLength: width * height })
      .map(
        (draws): Mask => ({ width, height, data: Uint8Array.from(draws, (d) => (d < keptIn100 ? 0 : 1)) }),
      ),
  );

test("every distance is the one to the nearest kept pixel", () => {
  fc.assert(
    fc.property(masks, (mask) => {
      const actual = distanceToKept(mask);
      const expected = everyPairsDistance(mask);
      for (const [i, distance] of expected.entries()) {
        // the square root of an exact square sum here, Math.hypot's last bit there
        assert.ok(actual[i] === distance || Math.abs((actual[i] ?? 0) - distance) < 1e-5, `pixel ${i}`);
      }
    }),
    { numRuns: 300 },
  );
});

test("a mask that keeps nothing is infinitely far from it, and one that keeps all is nowhere inside", () => {
  const of = (value: number) => ({ width: 5, height: 3, data: new Uint8Array(15).fill(value) });
  assert.ok(distanceToKept(of(1)).every((distance) => distance === Number.POSITIVE_INFINITY));
  assert.ok(distanceToKept(of(0)).every((distance) => distance === 0));
});
