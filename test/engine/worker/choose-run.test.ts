/** @file What a worker does next: order, fairness and company, by examples and over random queues. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Candidate,
  type ChooseOptions,
  chooseRun,
  passedOverAfter,
} from "../../../src/engine/worker/choose-run.js";

const QUEUES = 10_000;
const TICKS = 40;

const job = (id: number, changes: Partial<Candidate> = {}): Candidate => ({
  id,
  stage: "denoise",
  shape: "512x512",
  priority: "online",
  deadlineMs: 1000 * id,
  passedOver: 0,
  tight: false,
  alone: false,
  ...changes,
});
const options: ChooseOptions = {
  maxBatch: 4,
  sinceTick: { vaeRuns: 0, otherRuns: 0 },
  onlineTicks: 0,
  sharingPays: false,
};
const chosen = (jobs: readonly Candidate[], changes: Partial<ChooseOptions> = {}) =>
  chooseRun(jobs, { ...options, ...changes });

test("nothing to do is nothing", () => {
  assert.equal(chosen([]), undefined);
});

test("a call serves the earliest deadlines of one shape, whatever order they came in", () => {
  const jobs = [5, 3, 1, 4, 2].map((id) => job(id));
  assert.deepEqual(chosen(jobs), { stage: "denoise", ids: [1, 2, 3, 4] });
});

test("jobs of the leader's shape ride along past one of another shape", () => {
  const jobs = [job(1), job(2, { shape: "64x64" }), job(3)];
  assert.deepEqual(chosen(jobs)?.ids, [1, 3]);
});

test("but not past one that has no time to lose, which then leads", () => {
  const jobs = [job(1), job(2, { shape: "64x64", tight: true }), job(3)];
  assert.deepEqual(chosen(jobs)?.ids, [2]);
});

test("nor past one that was passed over as often as may be", () => {
  const jobs = [job(1), job(2, { shape: "64x64", passedOver: 1 }), job(3), job(4, { shape: "64x64" })];
  assert.deepEqual(chosen(jobs)?.ids, [2, 4]);
});

test("a job that may have ended a worker shares no call", () => {
  assert.deepEqual(chosen([job(1, { alone: true }), job(2)])?.ids, [1]);
  assert.deepEqual(chosen([job(1), job(2, { alone: true }), job(3)])?.ids, [1, 3]);
});

test("online goes before batch, which rides along only where that costs little", () => {
  const jobs = [job(1, { priority: "batch" }), job(2), job(3, { priority: "batch" })];
  assert.deepEqual(chosen(jobs)?.ids, [2]);
  assert.deepEqual(chosen(jobs, { sharingPays: true })?.ids, [2, 1, 3]);
});

test("after eight calls of the others one is the batch jobs', and online ones ride along", () => {
  const jobs = [job(1), job(2, { priority: "batch" })];
  assert.deepEqual(chosen(jobs, { onlineTicks: 7 })?.ids, [1]);
  assert.deepEqual(chosen(jobs, { onlineTicks: 8 })?.ids, [2, 1]);
});

test("a newcomer is got ready beside the calls: one run of the VAE and four others between two of them", () => {
  const encode = job(2, { stage: "vaeEncode" });
  assert.deepEqual(chosen([job(1), encode])?.stage, "vaeEncode");
  assert.deepEqual(chosen([job(1), encode], { sinceTick: { vaeRuns: 1, otherRuns: 0 } })?.stage, "denoise");
  const text = job(2, { stage: "text" });
  assert.deepEqual(chosen([job(1), text], { sinceTick: { vaeRuns: 1, otherRuns: 3 } })?.stage, "text");
  assert.deepEqual(chosen([job(1), text], { sinceTick: { vaeRuns: 1, otherRuns: 4 } })?.stage, "denoise");
  assert.deepEqual(chosen([text], { sinceTick: { vaeRuns: 9, otherRuns: 9 } })?.stage, "text");
});

const anyJob = fc.record({
  shape: fc.constantFrom("a", "b", "c"),
  priority: fc.constantFrom("online" as const, "batch" as const),
  deadlineMs: fc.integer({ min: 0, max: 20 }),
  alone: fc.boolean(),
  callsLeft: fc.integer({ min: 1, max: 12 }),
});

test(`over ${QUEUES} queues no job is passed over by later deadlines of its class in more than ⌈n / MAX_BATCH⌉ calls`, () => {
  let mostPassed = 0;
  fc.assert(
    fc.property(
      fc.array(anyJob, { minLength: 1, maxLength: 24 }),
      fc.integer({ min: 1, max: 8 }),
      fc.boolean(),
      (drawn, maxBatch, sharingPays) => {
        let jobs = drawn.map(({ callsLeft, ...changes }, i) => ({
          candidate: job(i + 1, changes),
          callsLeft,
          passed: 0,
        }));
        const sizes = new Map(
          (["online", "batch"] as const).map((priority) => [
            priority,
            drawn.filter((each) => each.priority === priority).length,
          ]),
        );
        let onlineTicks = 0;
        for (let tick = 0; tick < TICKS && jobs.length > 0; tick++) {
          const candidates = jobs.map(({ candidate }) => candidate);
          const choice = chosen(candidates, { maxBatch, sharingPays, onlineTicks });
          assert.ok(choice !== undefined && choice.ids.length > 0 && choice.ids.length <= maxBatch);
          const served = candidates.filter(({ id }) => choice.ids.includes(id));
          assert.equal(served.length, choice.ids.length, "nobody is served twice, or from outside");
          assert.equal(new Set(served.map(({ shape }) => shape)).size, 1, "one call has one shape");
          assert.ok(served.length === 1 || served.every(({ alone }) => !alone), "alone means alone");
          const [leader] = choice.ids.map((id) => candidates.find((each) => each.id === id));
          const batchWaits = candidates.some(({ priority }) => priority === "batch");
          onlineTicks = leader?.priority === "online" && batchWaits ? onlineTicks + 1 : 0;
          assert.ok(onlineTicks <= 8, "the batch jobs' turn comes");
          const counts = passedOverAfter(candidates, choice);
          jobs = jobs
            .map((entry) => {
              const { candidate } = entry;
              const isServed = choice.ids.includes(candidate.id);
              // Counted here once more, in other words than the chooser's own.
              const isPassed = served.some(
                ({ priority, deadlineMs, id }) =>
                  priority === candidate.priority &&
                  (deadlineMs > candidate.deadlineMs ||
                    (deadlineMs === candidate.deadlineMs && id > candidate.id)),
              );
              const passed = isServed ? 0 : entry.passed + Number(isPassed);
              mostPassed = Math.max(mostPassed, passed);
              assert.ok(passed <= Math.ceil((sizes.get(candidate.priority) ?? 0) / maxBatch));
              return {
                candidate: { ...candidate, passedOver: counts.get(candidate.id) ?? 0 },
                callsLeft: entry.callsLeft - Number(isServed),
                passed,
              };
            })
            .filter(({ callsLeft }) => callsLeft > 0);
        }
      },
    ),
    { numRuns: QUEUES },
  );
  assert.ok(mostPassed > 1, "some were passed over, so the limit was met");
});
