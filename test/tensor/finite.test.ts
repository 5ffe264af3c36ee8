import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { allFinite } from "../../src/tensor/finite.js";

test("one NaN or infinity anywhere is found", () => {
  const values = fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1 });
  const poison = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  fc.assert(
    fc.property(values, fc.nat(), poison, (data, position, bad) => {
      assert.equal(allFinite(data), true);
      data[position % data.length] = bad;
      assert.equal(allFinite(data), false);
    }),
  );
});

test("nothing is finite, and so is the largest float", () => {
  assert.equal(allFinite(new Float32Array(0)), true);
  assert.equal(allFinite(Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38)), true);
});
