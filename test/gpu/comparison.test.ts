/** @file The arithmetic behind the GPU check's verdicts and rates. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { imageDifference } from "./compare-images.js";
import { largestDifference } from "./row-dependence.js";
import { imagesPerSecond, latencyMs } from "./throughput.js";

const image = (...values: readonly number[]) => ({ width: 2, height: 1, data: Uint8Array.from(values) });

test("images differ by mean and largest difference of their values", () => {
  const expected = image(0, 10, 20, 30, 40, 255);
  assert.deepEqual(imageDifference(image(0, 10, 20, 30, 40, 255), expected), { mean: 0, max: 0 });
  assert.deepEqual(imageDifference(image(3, 10, 14, 30, 40, 252), expected), { mean: 2, max: 6 });
});

test("an image of another size is no match, whatever its pixels", () => {
  const turned = { width: 1, height: 2, data: new Uint8Array(6) };
  assert.equal(imageDifference(turned, image(0, 0, 0, 0, 0, 0)).max, Number.POSITIVE_INFINITY);
});

test("rows differ by the largest value, and by a single bit", () => {
  const expected = Float32Array.of(1, -4, 0);
  assert.equal(largestDifference(Float32Array.of(1, -4, 0), expected), 0);
  assert.equal(largestDifference(Float32Array.of(1, -3, 0.5), expected), 0.25);
  assert.ok(largestDifference(Float32Array.of(1, -4, -0), expected) > 0);
  assert.equal(largestDifference(Float32Array.of(1, Number.NaN, 0), expected), Number.POSITIVE_INFINITY);
  assert.equal(largestDifference(Float32Array.of(1, -4), expected), Number.POSITIVE_INFINITY);
});

test("an image pays for two rows of each call, and waits for whole calls", () => {
  const cost = { steps: 20, unetMs: 100, aroundMs: 500 };
  // Two images in 20 calls of 100 ms, and half a second for each around them.
  assert.equal(imagesPerSecond({ ...cost, rows: 4 }), 2 / (20 * 0.1 + 2 * 0.5));
  assert.equal(latencyMs({ ...cost, rows: 4 }), 2500);
  // One row a call: the two rows of a step go one after the other.
  assert.equal(imagesPerSecond({ ...cost, rows: 1 }), 1 / (40 * 0.1 + 0.5));
  assert.equal(latencyMs({ ...cost, rows: 1 }), 4500);
});
