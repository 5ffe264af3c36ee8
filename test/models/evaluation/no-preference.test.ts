import assert from "node:assert/strict";
import { test } from "node:test";
import { largestShareByChance } from "../../../models/evaluation/measures/no-preference.js";

test("10 throws of a coin: 8 alike come up in 11 % of cases, 9 in 2 %", () => {
  assert.equal(largestShareByChance(10, 2, 0.05), 0.8);
  assert.equal(largestShareByChance(10, 2, 0.02), 0.9);
});

test("the more cases, the nearer to an equal share; a single case proves nothing", () => {
  assert.equal(largestShareByChance(1, 8), 1);
  const shares = [24, 48, 96, 384].map((cases) => largestShareByChance(cases, 8));
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => b - a),
  );
  assert.ok((shares.at(-1) ?? 0) > 1 / 8 && (shares.at(-1) ?? 1) < 0.2, `${shares}`);
});
