/** @file One job alone in a worker's loop, without the process around it. Knows no expectation. */
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import { Batcher } from "../../src/engine/worker/batcher.js";
import type { LoadedModel } from "../../src/engine/worker/loaded-model.js";
import type { FinishedJob } from "../../src/engine/worker/resident-job.js";
import { WorkerCaches } from "../../src/engine/worker/worker-caches.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";

export interface RunOptions {
  readonly signal: AbortSignal;
  onStarted(unetCalls: number): void;
  onProgress(call: number, calls: number): void;
}

const ID = 1;
const BLACK = { coefficients: [], intercept: 0 };
/** A map for tests that look at no preview. */
export const NO_PREVIEW = [BLACK, BLACK, BLACK] as const;

/** Rejects with the InpaintError that the worker would tell. */
export function runJob(
  model: LoadedModel,
  job: InpaintJob,
  { signal, onStarted, onProgress }: RunOptions,
): Promise<FinishedJob> {
  return new Promise((resolve, reject) => {
    const caches = new WorkerCaches({ promptCacheBytes: 0, latentCacheBytes: 0 });
    const batcher = new Batcher(
      model,
      { maxBatch: 4, rowCounts: [], caches, previewMap: NO_PREVIEW },
      async (message) => {
        if (message.type === "started") onStarted(message.unetCalls);
        if (message.type === "ran") for (const { call, calls } of message.progress) onProgress(call, calls);
        if (message.type === "done") resolve(message);
        if (message.type === "failed") reject(new InpaintError(message.code, message.message));
      },
    );
    batcher.add({
      type: "run",
      id: ID,
      job,
      deadlineMs: performance.now() + 3_600_000,
      sentMs: performance.now(),
      priority: "online",
      alone: false,
      previews: false,
    });
    if (signal.aborted) batcher.cancel(ID);
    signal.addEventListener("abort", () => batcher.cancel(ID), { once: true });
  });
}
