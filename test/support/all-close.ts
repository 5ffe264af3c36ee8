/** @file Compares numbers with a golden and says how close they are. Knows no fixture. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";

/** `relative` is of the golden's largest magnitude: max|a − b| ≤ relative · max|b|. */
export type Tolerance = { readonly relative: number } | { readonly absolute: number };

/** Fails on another length, on a NaN or infinity in `actual`, and past the tolerance; prints the margin either way. */
export function assertAllClose(
  t: TestContext,
  label: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  assert.equal(actual.length, expected.length, `${label}: number of values`);
  assert.ok(expected.length > 0, `${label}: an empty golden proves nothing`);
  let maxError = 0;
  let maxExpected = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] ?? Number.NaN;
    const b = expected[i] ?? Number.NaN;
    assert.ok(Number.isFinite(a), `${label}: value ${i} is ${a}, expected ${b}`);
    maxExpected = Math.max(maxExpected, Math.abs(b));
    if (Math.abs(a - b) > maxError) {
      maxError = Math.abs(a - b);
      worst = i;
    }
  }
  const isRelative = "relative" in tolerance;
  const limit = isRelative ? tolerance.relative * maxExpected : tolerance.absolute;
  const stated = isRelative ? tolerance.relative : `${tolerance.absolute} absolute`;
  const margin =
    `${label}: max error ${maxError.toExponential(1)} of max ${maxExpected.toPrecision(3)}, ` +
    `tolerance ${stated}`;
  t.diagnostic(margin);
  assert.ok(maxError <= limit, `${margin}; worst at ${worst}: ${actual[worst]}, expected ${expected[worst]}`);
}
