/** @file When jobs begin and end that are taken in order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forecast } from "../../src/engine/forecast.js";

test("one worker does one after the other", () => {
  assert.deepEqual(forecast([3, 1, 2], 1), { startMs: [0, 3, 4], endMs: [3, 4, 6] });
});

test("of several, the one that is free first takes the next", () => {
  assert.deepEqual(forecast([3, 1, 1, 5], 2), { startMs: [0, 0, 1, 2], endMs: [3, 1, 2, 7] });
});

test("while no worker is there, one is expected", () => {
  assert.deepEqual(forecast([3, 1], 0), forecast([3, 1], 1));
});

test("no worker rests before the last job has begun, and none does two at a time", () => {
  const own = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1 });
  fc.assert(
    fc.property(own, fc.integer({ min: 1, max: 5 }), (ownMs, workers) => {
      const { startMs, endMs } = forecast(ownMs, workers);
      const lastStart = Math.max(...startMs);
      for (let ms = 0; ms < lastStart; ms++) {
        const running = ownMs.filter((_, i) => (startMs[i] ?? 0) <= ms && (endMs[i] ?? 0) > ms).length;
        assert.equal(running, workers);
      }
      assert.deepEqual(
        startMs,
        [...startMs].sort((a, b) => a - b),
        "in order",
      );
    }),
  );
});
