import assert from "node:assert/strict";
import { test } from "node:test";
import { solveLinear } from "../../../../src/diffusion/scheduler/solver/solve-linear.js";

test("systems with solutions that float32 holds are solved exactly", () => {
  assert.deepEqual(solveLinear([[4]], [6]), [1.5]);
  assert.deepEqual(
    solveLinear(
      [
        [1, 1, 1],
        [-2, -1, 1],
        [4, 1, 1],
      ],
      [2, 4.5, -2.5],
    ),
    [-1.5, 1, 2.5],
  );
});

test("a pivot of zero is exchanged for another row's", () => {
  assert.deepEqual(
    solveLinear(
      [
        [0, 2],
        [4, 1],
      ],
      [6, 11],
    ),
    [2, 3],
  );
});

test("a singular system has no finite solution", () => {
  const solution = solveLinear(
    [
      [1, 2],
      [2, 4],
    ],
    [1, 3],
  );
  assert.ok(!solution.every(Number.isFinite));
});
