/** @file What a job is expected to take, and what is learned from what it took. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AdmittedJob } from "../../src/engine/job-order.js";
import { WaitEstimates } from "../../src/engine/wait-estimates.js";

let jobs = 0;
const job = (): AdmittedJob => ({
  work: { unetCalls: 1, rows: 1, height: 8, width: 8 },
  deadlineMs: 1e9,
  priority: "online",
  sequence: ++jobs,
  callsLeft: 1,
});

/** A job that came at 0 and took `tookMs`: how wrong it was what was expected of it. */
function done(estimates: WaitEstimates, { waitMs = 0, ownMs = 100 }, tookMs: number) {
  const one = job();
  estimates.make(one, { nowMs: 0, waitMs, ownMs });
  return estimates.learn(one, tookMs);
}

test("nothing learned, a job takes those before it and its own work", () => {
  assert.equal(done(new WaitEstimates(), { waitMs: 300, ownMs: 100 }, 500), 0.2);
});

test("its own work is stretched by those who share its calls, as it was for those before", () => {
  const estimates = new WaitEstimates();
  for (let i = 0; i < 20; i++) done(estimates, {}, 300);
  assert.equal(done(estimates, { waitMs: 1000, ownMs: 200 }, 1600), 0);
});

test("a job that waited long teaches nothing of its own work, and none is done before its work is", () => {
  const estimates = new WaitEstimates();
  done(estimates, { waitMs: 1000, ownMs: 100 }, 5000);
  assert.equal(done(estimates, {}, 100), 0);
  for (let i = 0; i < 20; i++) done(estimates, {}, 50);
  assert.equal(done(estimates, {}, 100), 0);
});

test("a job of which nothing was expected was not wrong", () => {
  assert.equal(new WaitEstimates().learn(job(), 100), undefined);
});
