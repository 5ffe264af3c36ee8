/**
 * @file A process with a worker's loop, model and channel, that times what a tick takes outside the UNet. Knows no engine.
 * Started by engine.ts: jobs, height and width, UNet calls.
 */
import { Batcher } from "../../src/engine/worker/batcher.js";
import { ResidentJob } from "../../src/engine/worker/resident-job.js";
import { WorkerCaches } from "../../src/engine/worker/worker-caches.js";
import { NO_PREVIEW, runMessage } from "../support/run-job.js";
import { sampleJob } from "../support/sample.js";
import { loadTestModel } from "../support/test-model.js";
import { timedNetworks } from "./timed-networks.js";

const [jobs = 1, side = 128, steps = 100] = process.argv.slice(2).map(Number);
const CACHE_BYTES = 1e8;

export interface TickTime {
  /** Outside the UNet. */
  readonly outsideMs: number;
  /** Of that, what its jobs compute for themselves: the UNet's input, guidance, the scheduler's step. */
  readonly stepsMs: number;
}

const model = await loadTestModel({ threads: 1 });
const { networks, times } = timedNetworks(model.networks);
const ticks: TickTime[] = [];
let stepsMs = 0;
let last:
  | { readonly kind: string; readonly atMs: number; readonly insideMs: number; readonly stepsMs: number }
  | undefined;
let left = jobs;

const { nextCall, accept } = ResidentJob.prototype;
ResidentJob.prototype.nextCall = function (...args) {
  return timeStep(() => nextCall.apply(this, args));
};
ResidentJob.prototype.accept = function (...args) {
  return timeStep(() => accept.apply(this, args));
};

function timeStep<T>(step: () => T): T {
  const startMs = performance.now();
  const result = step();
  stepsMs += performance.now() - startMs;
  return result;
}

const batcher = new Batcher(
  { ...model, networks },
  {
    maxBatch: jobs,
    rowCounts: [],
    previewMap: NO_PREVIEW,
    caches: new WorkerCaches({ promptCacheBytes: CACHE_BYTES, latentCacheBytes: CACHE_BYTES }),
  },
  async (message) => {
    process.send?.(message);
    if (message.type === "failed") throw new Error(message.message);
    if (message.type === "done" && --left === 0) {
      process.stdout.write(JSON.stringify(ticks), () => process.disconnect());
    }
    if (message.type !== "ran") return;
    const now = { kind: message.run.kind, atMs: performance.now(), insideMs: times.predictNoise.ms, stepsMs };
    // from the end of one tick to the end of the next, messages included
    if (last?.kind === "unet" && message.progress.length === jobs) {
      const outsideMs = now.atMs - last.atMs - (now.insideMs - last.insideMs);
      ticks.push({ outsideMs, stepsMs: now.stepsMs - last.stepsMs });
    }
    last = now;
  },
);
for (let id = 1; id <= jobs; id++) {
  const job = sampleJob({ seed: id, numInferenceSteps: steps, height: side, width: side });
  batcher.add(runMessage(id, job));
}
