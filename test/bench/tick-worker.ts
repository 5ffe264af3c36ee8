/**
 * @file A process with a worker's loop, model and channel, that times what a tick takes outside the UNet. Knows no engine.
 * Started by engine.ts: jobs, height and width, UNet calls.
 */
import { Batcher } from "../../src/engine/worker/batcher.js";
import { WorkerCaches } from "../../src/engine/worker/worker-caches.js";
import { sampleJob } from "../support/sample.js";
import { loadTestModel } from "../support/test-model.js";
import { timedNetworks } from "./timed-networks.js";

const [jobs = 1, side = 128, steps = 100] = process.argv.slice(2).map(Number);
const CACHE_BYTES = 1e8;

const model = await loadTestModel({ threads: 1 });
const { networks, times } = timedNetworks(model.networks);
const outsideMs: number[] = [];
let last: { readonly kind: string; readonly atMs: number; readonly insideMs: number } | undefined;
let left = jobs;

const batcher = new Batcher(
  { ...model, networks },
  {
    maxBatch: jobs,
    rowCounts: [],
    caches: new WorkerCaches({ promptCacheBytes: CACHE_BYTES, latentCacheBytes: CACHE_BYTES }),
  },
  (message) => {
    process.send?.(message);
    if (message.type === "failed") throw new Error(message.message);
    if (message.type === "done" && --left === 0) {
      process.stdout.write(JSON.stringify(outsideMs), () => process.disconnect());
    }
    if (message.type !== "ran") return;
    const now = { kind: message.run.kind, atMs: performance.now(), insideMs: times.predictNoise.ms };
    // from the end of one tick to the end of the next, messages included
    if (last?.kind === "unet" && message.progress.length === jobs) {
      outsideMs.push(now.atMs - last.atMs - (now.insideMs - last.insideMs));
    }
    last = now;
  },
);
for (let id = 1; id <= jobs; id++) {
  const job = sampleJob({ seed: id, numInferenceSteps: steps, height: side, width: side });
  batcher.add({ type: "run", id, job, deadlineInMs: 3_600_000, priority: "online", alone: false });
}
