/** @file The mean of values that drift. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DriftingMean } from "../../src/engine/drifting-mean.js";

function meanOf(values: readonly number[]): number {
  const mean = new DriftingMean();
  for (const value of values) mean.add(value);
  return mean.value;
}

test("one value is its own mean, and the first ones weigh 1, 2, 3", () => {
  assert.equal(new DriftingMean().value, 0);
  assert.equal(meanOf([7]), 7);
  assert.ok(Math.abs(meanOf([100, 10, 10]) - (100 + 20 + 30) / 6) < 1e-9);
});

test("20 values after a change the mean is within 13 % of the new pace", () => {
  const pace = [...Array<number>(1000).fill(10), ...Array<number>(20).fill(20)];
  const off = 20 - meanOf(pace);
  assert.ok(off > 0 && off < 1.3, `${off} of 10`);
});
