import assert from "node:assert/strict";
import { test } from "node:test";
import { backOffMs } from "../../src/async/back-off.js";

const backOff = { firstMs: 100, maxMs: 1000 };

test("the wait doubles from the first and stops at the longest", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 2000].map((attempt) => backOffMs(attempt, backOff)),
    [100, 200, 400, 800, 1000, 1000, 1000],
  );
});

test("attempts are counted from 1", () => {
  for (const attempt of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => backOffMs(attempt, backOff), /the first retry is attempt 1/);
  }
});
