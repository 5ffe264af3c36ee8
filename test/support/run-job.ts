/** @file One job alone in a worker's loop, without the process around it. Knows no expectation. */
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import type { JobId, ToWorker } from "../../src/engine/protocol.js";
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
const AN_HOUR_MS = 3_600_000;

/** What a worker is sent to run `job`, which has all the time it wants. */
export function runMessage(id: JobId, job: InpaintJob): Extract<ToWorker, { readonly type: "run" }> {
  const sentMs = performance.now();
  const deadlineMs = sentMs + AN_HOUR_MS;
  return { type: "run", id, job, deadlineMs, sentMs, priority: "online", alone: false, previews: false };
}
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
    batcher.add(runMessage(ID, job));
    if (signal.aborted) batcher.cancel(ID);
    signal.addEventListener("abort", () => batcher.cancel(ID), { once: true });
  });
}
