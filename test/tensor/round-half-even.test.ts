import assert from "node:assert/strict";
import { test } from "node:test";
import { roundHalfEven } from "../../src/tensor/round-half-even.js";

test("halves go to the even neighbour, all else to the nearest", () => {
  const cases = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [254.5, 254],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [2.5000000000000004, 3],
    [7, 7],
  ] as const;
  for (const [x, expected] of cases) assert.equal(roundHalfEven(x) + 0, expected, `of ${x}`);
});
