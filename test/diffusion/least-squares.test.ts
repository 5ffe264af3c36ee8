import assert from "node:assert/strict";
import { test } from "node:test";
import { leastSquares } from "../../src/diffusion/least-squares.js";
import { assertAllClose } from "../support/all-close.js";
import { noiseFloats } from "../support/integer-noise.js";

test("a line through three points is the one with the smallest squares", (t) => {
  // by hand: the means are 1 and 5/3, the products 3 and 2
  const { coefficients, intercept } = leastSquares([[0, 1, 2]], [0, 2, 3]);
  assertAllClose(t, "slope and intercept", [...coefficients, intercept], [3 / 2, 1 / 6], { relative: 1e-8 });
});

test("an exact map of four unlike columns is found", (t) => {
  const columns = [1, 2, 3, 4].map((seed) => noiseFloats(50, seed));
  const expected = [0.5, -3, 0, 20];
  const target = Float64Array.from({ length: 50 }, (_, i) =>
    columns.reduce((sum, column, c) => sum + (expected[c] ?? 0) * (column[i] ?? 0), -7),
  );
  const { coefficients, intercept } = leastSquares(columns, target);
  assertAllClose(t, "map", [...coefficients, intercept], [...expected, -7], { relative: 1e-8 });
});

test("columns that say the same share what they explain; one that never changes explains nothing", (t) => {
  const column = noiseFloats(50, 1);
  const { coefficients, intercept } = leastSquares(
    [column, column, new Float32Array(50).fill(3)],
    column.map((x) => 2 * x + 1),
  );
  assertAllClose(t, "map", [...coefficients, intercept], [1, 1, 0, 1], { relative: 1e-6 });
});

test("columns that never change leave the mean", () => {
  assert.deepEqual(
    leastSquares(
      [
        [2, 2],
        [0, 0],
      ],
      [1, 4],
    ),
    { coefficients: [0, 0], intercept: 2.5 },
  );
});
