/** @file How many rows a UNet run may have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rowCounts } from "../../../src/engine/worker/row-counts.js";

test("a CPU takes any number", () => {
  for (const deterministic of [false, true]) {
    assert.deepEqual(rowCounts("cpu", { maxBatch: 4, deterministic }), []);
  }
});

test("a GPU takes powers of two up to two rows a job, and that number itself", () => {
  const counts = (maxBatch: number) => rowCounts("cuda", { maxBatch, deterministic: false });
  assert.deepEqual(counts(1), [1, 2]);
  assert.deepEqual(counts(4), [1, 2, 4, 8]);
  assert.deepEqual(counts(5), [1, 2, 4, 8, 10]);
});

test("with `deterministic` a GPU takes one number", () => {
  assert.deepEqual(rowCounts("cuda", { maxBatch: 4, deterministic: true }), [8]);
  assert.deepEqual(rowCounts("webgpu", { maxBatch: 1, deterministic: true }), [2]);
});
