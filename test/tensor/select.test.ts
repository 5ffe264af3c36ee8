import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { select } from "../../src/tensor/select.js";
import { noiseFloats } from "../support/integer-noise.js";

/** Magnitudes, some of them equal. */
const magnitude = fc.oneof(fc.float({ noNaN: true }).map(Math.abs), fc.constantFrom(0, 1, 2));
const numbers = fc.array(magnitude, { minLength: 1 });

test("it is the number that sorting brings there, and the others stand on its two sides", () => {
  fc.assert(
    fc.property(numbers, fc.nat(), (values, seed) => {
      const index = seed % values.length;
      const actual = Float32Array.from(values);
      const sorted = Float32Array.from(values).sort();
      const found = select(actual, index);
      assert.equal(found, sorted[index]);
      assert.ok(actual.subarray(0, index).every((x) => x <= found));
      assert.ok(actual.subarray(index).every((x) => x >= found));
    }),
  );
});

test("large samples, sorted and falling ones too", () => {
  const values = noiseFloats(16_384, 1);
  const sorted = values.slice().sort();
  for (const index of [0, 1, 8191, 16_301, 16_383]) {
    for (const order of [values, sorted, sorted.toReversed()]) {
      assert.equal(select(order.slice(), index), sorted[index]);
    }
  }
});

test("NaN among the numbers does not keep it from ending", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(Number.NaN, 0, 1, 2), { minLength: 1 }), (values) => {
      select(Float32Array.from(values), Math.floor(values.length / 2));
    }),
  );
});
