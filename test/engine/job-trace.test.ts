/** @file What a job's spans say of the runs that its worker told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { JobTrace, MAX_TICK_SPANS } from "../../src/engine/job-trace.js";
import type { JobRun } from "../../src/engine/worker-process.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { KeptSpan } from "../support/kept-span.js";
import { sampleJob } from "../support/sample.js";

const SIZE = { rows: 2, height: 64, width: 64 };
const tick = (call: number, calls: number, startedAtMs: number): JobRun => ({
  stage: "denoise",
  run: { kind: "unet", ...SIZE },
  jobs: 1,
  startedAtMs,
  ms: 2.5,
  call,
  calls,
});

function traced() {
  const request = new KeptSpan("score");
  const trace = new JobTrace(request, sampleJob());
  const [job] = request.children;
  assert.ok(job !== undefined);
  return { trace, job, named: (name: string) => job.children.filter((span) => span.name === name) };
}

test("a run lies where its worker's clock says, and the wait before the first one ends with it", () => {
  const { trace, job, named } = traced();
  const startMs = (job.startMs ?? 0) + 40;
  trace.ran({ ...tick(1, 2, startMs), stage: "text" });
  trace.ran(tick(1, 2, startMs + 10));
  const [queue] = named("queue");
  assert.deepEqual([queue?.startMs, queue?.endMs], [job.startMs, startMs]);
  const [text] = named("text");
  assert.deepEqual([text?.startMs, text?.endMs], [startMs, startMs + 2.5]);
  const [first] = named("tick");
  assert.deepEqual([first?.startMs, first?.endMs], [startMs + 10, startMs + 12.5]);
  assert.equal(first?.attributes["inpaint.run.rows"], 2);
  assert.equal(job.ended, 0);
});

test("a job that lost its worker waits again, and says which attempt a run belongs to", () => {
  const { trace, job, named } = traced();
  trace.ran(tick(1, 2, Date.now()));
  trace.restarted();
  trace.ran(tick(1, 2, Date.now()));
  assert.equal(named("queue").length, 2);
  assert.deepEqual(
    named("tick").map(({ attributes }) => attributes["inpaint.attempt"]),
    [1, 2],
  );
  assert.deepEqual(job.events, ["worker lost"]);
  trace.failed(new InpaintError("JOB_ENDS_WORKERS", "the words are not for a trace"));
  assert.equal(job.failure, "JOB_ENDS_WORKERS");
  assert.equal(job.attributes["inpaint.attempts"], 2);
  assert.equal(job.ended, 1);
});

test("however many calls a job makes, it has at most so many spans for them", () => {
  for (const calls of [1, MAX_TICK_SPANS, MAX_TICK_SPANS + 1, 1000, 1999]) {
    const { trace, job, named } = traced();
    for (let call = 1; call <= calls; call++) trace.ran(tick(call, calls, Date.now()));
    trace.done({ queue: 1, text: 0, vaeEncode: 0, denoise: 5, vaeDecode: 0, pixels: 0 });
    const spans = named("tick").length;
    assert.ok(
      spans <= MAX_TICK_SPANS && spans >= Math.min(calls, MAX_TICK_SPANS / 2),
      `${spans} of ${calls}`,
    );
    assert.equal(job.attributes["inpaint.ticks"], calls);
    assert.equal(job.attributes["inpaint.ticks_without_span"], calls - spans);
  }
});

test("a prompt is no attribute", () => {
  const { job } = traced();
  assert.ok(!JSON.stringify(job.attributes).includes(sampleJob().prompt));
});
