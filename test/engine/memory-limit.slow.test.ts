/** @file A worker whose address space has room for some rows of a UNet call, and not for those of all its jobs. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { sampleJob, samplePictures } from "../support/sample.js";
import { createTestEngine, metricValue, patient, runJobOn } from "../support/test-engine.js";

/** In one UNet call: it needs five times as much as a run of the VAE, which is what a job alone needs most for. */
const JOBS = 48;
/** As many become ready between two UNet calls. The first ones have more steps, to be there when the last ones come. */
const JOINING = 4;
/** Of every job: on a busy machine fewer become ready between two calls. */
const SPARE_STEPS = 8;
const SIZE = 256;
/**
 * Of what a job alone needed at most, megabytes more: pictures and latents of the others. That most has peaks of tens of
 * megabytes in some runs and not in others: where the limit was not met it is lowered.
 */
const ROOMS_MB = [28, 12, -4, -20];
const SHRUNK = "memory was too small for a UNet call; it is made in parts from now on";

/** What is freed goes back to the system, and V8 collects early: so the process has what the limit says. */
const environment = {
  ...process.env,
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "0",
  MALLOC_ARENA_MAX: "1",
  NODE_OPTIONS: "--max-semi-space-size=1",
};

const stepsOf = (index: number) => SPARE_STEPS + Math.ceil((JOBS - index) / JOINING);

const job = (index: number) =>
  sampleJob({
    ...samplePictures(32),
    scheduler: "DDIM",
    numInferenceSteps: stepsOf(index),
    width: SIZE,
    height: SIZE,
  });

test("too little memory for a UNet call makes smaller ones, with the same bytes", async (t) => {
  const { engine, log, metrics, workerPid } = createTestEngine(t, { maxBatch: JOBS, environment });
  await engine.start();
  const alone = new Map<number, Uint8Array>();
  for (let i = 0; i < JOBS; i += JOINING)
    alone.set(stepsOf(i), (await runJobOn(engine, job(i), patient)).image.data);

  const pid = await workerPid();
  const needed = await mostAddressSpace(pid);
  const shrunk: number[] = [];
  for (const roomMb of ROOMS_MB) {
    await promisify(execFile)("prlimit", ["--pid", `${pid}`, `--as=${needed + roomMb * 1e6}`]);
    const answers = await Promise.all(
      Array.from({ length: JOBS }, (_, i) => runJobOn(engine, job(i), patient)),
    );
    for (const [i, { image }] of answers.entries())
      assert.deepEqual(image.data, alone.get(stepsOf(i)), `job ${i}`);
    shrunk.push(...log.lines(SHRUNK).map(({ rows }) => Number(rows)));
    if (shrunk.length > 0) break;
    t.diagnostic(`${roomMb} MB more were enough for every call`);
  }
  t.diagnostic(`${2 * JOBS} → ${shrunk.join(" → ")} rows`);
  assert.ok(shrunk.length > 0, "the limit was never met");
  for (const rows of shrunk) assert.ok(rows >= 1 && rows < 2 * JOBS, `${rows} rows`);
  assert.equal(await metricValue(metrics.workerRestarts), 0, "the worker lives");
});

/** Bytes: the largest size that the process has had. */
async function mostAddressSpace(pid: number): Promise<number> {
  const [, kilobytes] = /^VmPeak:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  assert.ok(kilobytes !== undefined, "the kernel tells no VmPeak");
  return 1024 * Number(kilobytes);
}
