/** @file Who is let in, who is sent away and what he is told, and that no work is lost or counted twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Admission, type AdmitOptions } from "../../src/engine/admission.js";
import { CostModel } from "../../src/engine/cost-model.js";
import { type AdmittedJob, compareJobs, PRIORITIES } from "../../src/engine/job-order.js";
import { type JobWork, workOf } from "../../src/engine/job-work.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";

/** A job whose only cost is UNet calls, of `rowMs` milliseconds where `ledger` knows costs. */
const calls = (unetCalls: number): JobWork => ({ unetCalls, rows: 1, height: 8, width: 8 });
const PIXELS = 64;

function ledger({ maxCalls = 1e6, rowMs = 10 }: { maxCalls?: number; rowMs?: number | undefined } = {}) {
  const costs = new CostModel();
  if (rowMs > 0) costs.observe({ kind: "unet", rows: 1, height: 8, width: 8 }, rowMs);
  return new Admission({ maxQueuedWork: maxCalls * PIXELS, costs });
}

const options = (changes: Partial<AdmitOptions> = {}): AdmitOptions => ({
  nowMs: 0,
  deadlineMs: 1e9,
  priority: "online",
  workers: 1,
  ...changes,
});

function refused(admission: Admission, works: readonly JobWork[], changes: Partial<AdmitOptions> = {}) {
  const before = [admission.jobs, admission.queuedWork];
  try {
    admission.admit(works, options(changes));
  } catch (error) {
    assert.ok(error instanceof InpaintError);
    assert.equal(error.code, "QUEUE_FULL");
    assert.deepEqual([admission.jobs, admission.queuedWork], before, "a refusal leaves no trace");
    return error;
  }
  assert.fail("it was admitted");
}

function admitted(admission: Admission, unetCalls: number, changes: Partial<AdmitOptions> = {}): AdmittedJob {
  const [job] = admission.admit([calls(unetCalls)], options(changes));
  assert.ok(job);
  return job;
}

test("the bound counts work, not requests", () => {
  const admission = ledger({ maxCalls: 100 });
  for (let i = 0; i < 20; i++) admitted(admission, 4);
  admitted(admission, 20);
  assert.equal(admission.queuedWork, 100 * PIXELS);
  const { message } = refused(admission, [calls(1)]);
  assert.match(message, /^the queue is full: 0\.0 of at most 0\.0 million row pixels wait/);
});

test("a refusal by the bound says how much waits, the limit and what was asked", () => {
  const admission = new Admission({ maxQueuedWork: 90e6, costs: new CostModel() });
  const work: JobWork = { unetCalls: 50, rows: 2, height: 768, width: 1024 };
  admission.admit([work], options());
  const error = refused(admission, [{ ...work, height: 512, width: 512 }]);
  assert.match(error.message, /78\.6 of at most 90\.0 million row pixels .* brings 26\.2$/);
  assert.equal(error.retryAfterMs, undefined, "nothing was measured yet");
});

test("all jobs of a request come in, or none", () => {
  const admission = ledger({ maxCalls: 100 });
  admitted(admission, 1);
  refused(admission, [calls(50), calls(49), calls(1)]);
  assert.equal(admission.admit([calls(50), calls(49)], options()).length, 2);
});

test("a server with nothing to do takes a request of any size", () => {
  const admission = ledger({ maxCalls: 100 });
  const job = admitted(admission, 5000);
  refused(admission, [calls(1)]);
  admission.finish(job);
  admitted(admission, 101);
});

test("progress makes room, a retry takes it back", () => {
  const admission = ledger({ maxCalls: 100 });
  const job = admitted(admission, 100);
  admission.progress(job, 60);
  assert.equal(job.callsLeft, 60);
  assert.equal(admission.queuedWork, 60 * PIXELS);
  admitted(admission, 40);
  admission.progress(job, 100);
  assert.equal(admission.queuedWork, 140 * PIXELS);
  for (const callsLeft of [-1, 101, 0.5, Number.NaN]) {
    assert.throws(() => admission.progress(job, callsLeft), RangeError);
  }
});

test("a job that is finished is of no account, whatever is said of it afterwards", () => {
  const admission = ledger();
  const job = admitted(admission, 10);
  const other = admitted(admission, 7);
  admission.finish(job);
  admission.finish(job);
  admission.progress(job, 3);
  assert.deepEqual([admission.jobs, admission.queuedWork], [1, 7 * PIXELS]);
  assert.equal(admission.turnOf(job, 1), undefined);
  assert.equal(admission.turnOf(other, 1)?.waitMs, 0);
});

test("wait and own work follow the order", () => {
  const admission = ledger();
  const batch = admitted(admission, 5, { priority: "batch", deadlineMs: 1e6 });
  const late = admitted(admission, 10, { deadlineMs: 2e8 });
  const early = admitted(admission, 20, { deadlineMs: 1e8 });
  assert.deepEqual(admission.turnOf(early, 1), { waitMs: 0, ownMs: 200 });
  assert.deepEqual(admission.turnOf(late, 1), { waitMs: 200, ownMs: 100 });
  assert.deepEqual(admission.turnOf(batch, 1), { waitMs: 300, ownMs: 50 });
  assert.deepEqual(admission.turnOf(batch, 2), { waitMs: 100, ownMs: 50 });
  admission.progress(early, 5);
  assert.deepEqual(admission.turnOf(early, 1), { waitMs: 0, ownMs: 50 });
  assert.deepEqual(admission.turnOf(late, 1), { waitMs: 50, ownMs: 100 });
  admission.finish(early);
  assert.deepEqual(admission.turnOf(late, 1), { waitMs: 0, ownMs: 100 });
});

test("while nothing was measured nobody is refused for lateness, and no wait is told", () => {
  const admission = ledger({ rowMs: 0 });
  admitted(admission, 1000);
  const job = admitted(admission, 10, { deadlineMs: 1000 });
  assert.equal(admission.turnOf(job, 1), undefined);
});

// rows of 10 ms: the longest run is 10 ms, and 0.35 of the wait is margin
test("who would be late because of the queue is refused, and told the figures", () => {
  const admission = ledger();
  admitted(admission, 100, { deadlineMs: 1500 });
  const late = { deadlineMs: 2000 };
  const { message } = refused(admission, [calls(75)], late);
  assert.equal(
    message,
    "the queue would make this request late: it would be done in 2.1 s, 0.8 s of them its own, and has 2.0 s",
  );
  admitted(admission, 64, late);
});

test("two workers take half the time, but not of one job", () => {
  const admission = ledger();
  const both = { deadlineMs: 2350, workers: 2 };
  admitted(admission, 100, both);
  admitted(admission, 100, both);
  refused(admission, [calls(100)], { ...both, deadlineMs: 2359 });
  admitted(admission, 100, { ...both, deadlineMs: 2360 });
  const last = admitted(admission, 100, { workers: 2 });
  assert.deepEqual(admission.turnOf(last, 2), { waitMs: 1000, ownMs: 1000 });
});

test("who goes before the queue is not late because of it", () => {
  const admission = ledger();
  admitted(admission, 1000, { deadlineMs: 1e6 });
  admitted(admission, 1000, { priority: "batch", deadlineMs: 1e6 });
  admitted(admission, 10, { deadlineMs: 150 });
});

test("a request that is too long even alone is let in", () => {
  const admission = ledger();
  admitted(admission, 10, { deadlineMs: 5000 });
  admitted(admission, 101, { deadlineMs: 1000 });
  refused(admission, [calls(99)], { deadlineMs: 1000 });
});

test("who would make an admitted job late is refused", () => {
  const admission = ledger();
  admitted(admission, 100, { deadlineMs: 1500 });
  const { message, retryAfterMs } = refused(admission, [calls(50)], { deadlineMs: 1000 });
  assert.match(
    message,
    /make one late that is admitted already: .* 2\.0 s instead of 1\.0 s, and has 1\.5 s$/,
  );
  assert.equal(retryAfterMs, 1000, "then that one is done");
  admitted(admission, 10, { deadlineMs: 1000 });
});

test("a batch job that would be late keeps no online job out, but another batch job", () => {
  const admission = ledger();
  admitted(admission, 100, { deadlineMs: 1500, priority: "batch" });
  refused(admission, [calls(50)], { deadlineMs: 1000, priority: "batch" });
  admitted(admission, 50, { deadlineMs: 1000 });
});

test("batch jobs that fill the queue keep no online job out, and those that are sent away hold none up", () => {
  const admission = ledger({ maxCalls: 100 });
  admitted(admission, 100, { priority: "batch" });
  for (let i = 0; i < 50; i++) refused(admission, [calls(20)], { priority: "batch" });
  admitted(admission, 100);
  const { message, retryAfterMs } = refused(admission, [calls(20)]);
  assert.match(message, /^the queue is full/);
  assert.equal(retryAfterMs, 700, "when his work and half of the queue fit");
  refused(admission, [calls(1)], { priority: "batch" });
});

test("a request that only has problems to tell comes in while half of the queue is free", () => {
  const admission = ledger({ maxCalls: 100 });
  admitted(admission, 50);
  assert.deepEqual(admission.admit([], options()), []);
  admitted(admission, 1);
  assert.match(refused(admission, []).message, /^the queue is full/);
});

test("however little each asks for, only so many wait", () => {
  const admission = new Admission({ maxQueuedWork: 1e12, costs: new CostModel() });
  for (let i = 0; i < 4096; i++) admitted(admission, 1);
  const { message } = refused(admission, [calls(1)]);
  assert.equal(message, "the queue is full: 4096 of at most 4096 images wait");
});

test("jobs that are late anyway protect nobody", () => {
  const admission = ledger();
  admitted(admission, 100, { deadlineMs: 450 });
  admitted(admission, 40, { deadlineMs: 440 });
});

test("who is refused by the bound comes back when his work and half of the queue fit", () => {
  const admission = ledger({ maxCalls: 100 });
  admitted(admission, 100);
  assert.equal(refused(admission, [calls(20)]).retryAfterMs, 700);
  assert.equal(refused(admission, [calls(20)]).retryAfterMs, 700 + 1.25 * 200, "after the one before");
  assert.equal(refused(ledgerOf(100), [calls(20)], { workers: 2 }).retryAfterMs, 350);
  assert.equal(refused(ledgerOf(100), [calls(200)]).retryAfterMs, 1000, "when there is nothing left");
});

/** One that is full with a job of as many calls. */
function ledgerOf(maxCalls: number): Admission {
  const admission = ledger({ maxCalls });
  admitted(admission, maxCalls);
  return admission;
}

test("who is refused for lateness comes back when half of what may go before has gone", () => {
  const admission = ledger();
  admitted(admission, 100, { deadlineMs: 1100 });
  // 500 ms of its own, 10 ms for the longest run: 540 ms and 0.35 of them may go before
  const { retryAfterMs = 0 } = refused(admission, [calls(50)], { deadlineMs: 1239 });
  assert.ok(Math.abs(retryAfterMs - (1000 - 270)) < 1e-6, `${retryAfterMs}`);
});

test("who comes back has a later deadline: all of his class that are here now go before him, no others", () => {
  const admission = ledger();
  admitted(admission, 100, { deadlineMs: 1100 });
  admitted(admission, 100);
  admitted(admission, 100, { priority: "batch" });
  const { retryAfterMs = 0 } = refused(admission, [calls(50)], { deadlineMs: 1239 });
  assert.ok(Math.abs(retryAfterMs - (2000 - 270)) < 1e-6, `${retryAfterMs}`);
});

test("who is refused for two reasons comes back when both are gone", () => {
  const admission = ledger({ maxCalls: 140 });
  admitted(admission, 100, { deadlineMs: 1100 });
  // by the bound alone: 10 calls too many and half of 140
  const { message, retryAfterMs } = refused(admission, [calls(50)], { deadlineMs: 604 });
  assert.match(message, /^the queue is full/);
  assert.equal(retryAfterMs, 1000, "when the job is done that would be late");
});

test("whatever comes, goes and moves on: work is the sum of what is left, and the order is kept", () => {
  const work = fc.record({
    unetCalls: fc.integer({ min: 0, max: 60 }),
    rows: fc.constantFrom(1 as const, 2 as const),
    height: fc.constantFrom(8, 64, 512),
    width: fc.constantFrom(8, 64, 512),
  });
  const admit = fc.record({
    works: fc.array(work, { maxLength: 4 }),
    budgetMs: fc.constantFrom(10, 1000, 1e5, Number.POSITIVE_INFINITY),
    priority: fc.constantFrom(...PRIORITIES),
  });
  const move = fc.record({ which: fc.nat(), left: fc.double({ min: 0, max: 1, noNaN: true }) });
  const action = fc.oneof(admit, move, fc.record({ finish: fc.nat() }));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.boolean(), (actions, areCostsKnown) => {
      const costs = new CostModel();
      if (areCostsKnown) costs.observe({ kind: "unet", rows: 2, height: 64, width: 64 }, 10);
      const maxQueuedWork = 20e6;
      const admission = new Admission({ maxQueuedWork, costs });
      const all: AdmittedJob[] = [];
      const left = new Map<AdmittedJob, number>();
      for (const [nowMs, step] of actions.entries()) {
        if ("works" in step) {
          const counted = [...left].filter(([job]) => step.priority === "batch" || job.priority === "online");
          const before = counted.reduce(
            (sum, [{ work }, unetCalls]) => sum + workOf({ ...work, unetCalls }),
            0,
          );
          const wasIdle = admission.jobs === 0;
          const asked = step.works.reduce((sum, w) => sum + workOf(w), 0);
          try {
            const deadlineMs = nowMs + step.budgetMs;
            const jobs = admission.admit(step.works, {
              nowMs,
              deadlineMs,
              priority: step.priority,
              workers: 2,
            });
            assert.ok(wasIdle || before + asked <= maxQueuedWork, "the bound is kept");
            for (const job of jobs) {
              all.push(job);
              left.set(job, job.work.unetCalls);
            }
          } catch (error) {
            assert.ok(error instanceof InpaintError && error.code === "QUEUE_FULL");
            assert.ok(!wasIdle);
            assert.equal(error.retryAfterMs !== undefined, areCostsKnown);
            const bound = step.works.length === 0 ? maxQueuedWork / 2 : maxQueuedWork;
            assert.ok(areCostsKnown || before + asked > bound);
          }
        } else if ("which" in step) {
          const job = all[step.which % Math.max(1, all.length)];
          if (job === undefined) continue;
          const callsLeft = Math.round(step.left * job.work.unetCalls);
          admission.progress(job, callsLeft);
          if (left.has(job)) left.set(job, callsLeft);
        } else {
          const job = all[step.finish % Math.max(1, all.length)];
          if (job === undefined) continue;
          admission.finish(job);
          left.delete(job);
        }
        let expected = 0;
        for (const [job, callsLeft] of left) {
          assert.equal(job.callsLeft, callsLeft);
          expected += workOf({ ...job.work, unetCalls: callsLeft });
        }
        assert.equal(admission.queuedWork, expected);
        assert.equal(admission.jobs, left.size);
        const waits = [...left.keys()].sort(compareJobs).map((job) => admission.turnOf(job, 1)?.waitMs);
        if (areCostsKnown)
          assert.deepEqual(
            waits,
            waits.toSorted((a = 0, b = 0) => a - b),
          );
      }
    }),
    { numRuns: 300 },
  );
});
