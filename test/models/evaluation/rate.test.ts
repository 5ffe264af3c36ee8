import assert from "node:assert/strict";
import { test } from "node:test";
import { rateAmong, rateOf } from "../../../models/evaluation/measures/rate.js";

const rounded = (value: number) => Math.round(value * 1e4) / 1e4;

test("Wilson's interval, as statsmodels' proportion_confint(method='wilson') gives it", () => {
  const { share, low, high } = rateOf(81, 263);
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3
  assert.deepEqual([rounded(share), rounded(low), rounded(high)], [0.308, 0.2553, 0.3662]);
  const all = rateOf(20, 20);
  assert.deepEqual([rounded(all.low), all.high], [0.8389, 1]);
});

test("no case may be anything", () => {
  assert.deepEqual(rateOf(0, 0), { hits: 0, of: 0, share: Number.NaN, low: 0, high: 1 });
});

test("cases that count, among all", () => {
  const { hits, of } = rateAmong([1, 2, 3, 4], (value) => value > 1);
  assert.deepEqual([hits, of], [3, 4]);
});
