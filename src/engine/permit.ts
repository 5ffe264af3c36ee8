/**
 * @file A reservation for a request's jobs, taken before their images are decoded. Knows the ledger and the jobs that have
 * begun; knows no worker.
 */
import { onAbort } from "../async/abort.js";
import { createDeferred } from "../async/deferred.js";
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import type { JobTimes } from "../diffusion/stage-times.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { TraceSpan } from "../observability/tracing.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import type { Ticket } from "./dispatcher.js";
import type { AdmittedJob } from "./job-order.js";
import { JobTrace } from "./job-trace.js";
import type { JobProgress, MessageFromWorker } from "./protocol.js";
import { type ResultCache, resultKey } from "./result-cache.js";

export interface EngineResult {
  readonly image: RgbImage;
  readonly times: JobTimes;
  readonly warnings: readonly string[];
}

/** Hears of one job. */
export interface EngineObserver {
  /** From 1; `waitMs` until a worker takes it, undefined while nothing was measured. */
  onQueued?(position: number, waitMs: number | undefined): void;
  onProgress?(progress: Omit<JobProgress, "id">): void;
  /** Its worker ended: it waits again, and its calls count from 1 again. */
  onRestarted?(): void;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly observer?: EngineObserver;
  /** Whether the observer is sent previews. */
  readonly previews?: boolean;
  /** What the job is a part of. Absent: it is not traced. */
  readonly trace?: TraceSpan;
}

const cancelled = () => new InpaintError("CANCELLED", "the request was cancelled");

/** Of a result that was known. */
const NO_TIMES: JobTimes = { queue: 0, text: 0, vaeEncode: 0, denoise: 0, vaeDecode: 0, pixels: 0 };

/** What a permit needs of its engine. */
export interface PermitHost {
  readonly results: ResultCache;
  submit(ticket: Ticket): void;
  withdraw(ticket: Ticket): void;
  /** The job needs its place no longer. */
  finish(admitted: AdmittedJob): void;
  progress(admitted: AdmittedJob, callsLeft: number): void;
  waitMs(admitted: AdmittedJob): number | undefined;
  onStarted(unetCalls: number): void;
  onDone(times: JobTimes): void;
  /** A worker has done all that was expected of it. */
  onServed(admitted: AdmittedJob): void;
  onFailed(reason: unknown): void;
}

export class Permit {
  readonly #host: PermitHost;
  readonly #admitted: readonly AdmittedJob[];
  readonly #used = new Set<AdmittedJob>();
  readonly #stopListening: () => void;

  /** Released when `signal` aborts: it dies with its request, even where nobody comes to give it back. */
  constructor(host: PermitHost, admitted: readonly AdmittedJob[], signal: AbortSignal) {
    this.#host = host;
    this.#admitted = admitted;
    this.#stopListening = onAbort(signal, () => this.release());
  }

  /**
   * Run the job of plan `index` to its end, once. Rejects with CANCELLED as soon as `signal` aborts, SHUTTING_DOWN,
   * WORKER_LOST, JOB_ENDS_WORKERS, or with what the worker says of the job.
   */
  async run(
    index: number,
    job: InpaintJob,
    { signal, observer = {}, previews = false, trace }: RunOptions,
  ): Promise<EngineResult> {
    if (signal.aborted) throw cancelled();
    const admitted = this.#admitted[index];
    if (admitted === undefined || this.#used.has(admitted)) {
      throw new Error(`the permit has no free place ${index}: this is a bug`);
    }
    this.#used.add(admitted);
    const traced = trace && new JobTrace(trace, job);
    const { results } = this.#host;
    const key = results.enabled ? await resultKey(job) : undefined;
    const known = key === undefined ? undefined : results.get(key);
    if (known !== undefined) {
      this.#host.finish(admitted);
      this.#host.onDone(NO_TIMES);
      traced?.cached();
      return { ...known, times: NO_TIMES };
    }
    const submittedMs = performance.now();
    const answer = createDeferred<MessageFromWorker<"done">>();
    let callsPlanned = 0;
    const ticket: Ticket = {
      job,
      admitted,
      previews,
      observer: {
        ...(traced && { onRan: (run) => traced.ran(run) }),
        onStarted: (unetCalls) => {
          callsPlanned = unetCalls;
          this.#host.progress(admitted, Math.min(unetCalls, admitted.work.unetCalls));
          this.#host.onStarted(unetCalls);
        },
        onProgress: (progress) => {
          this.#host.progress(admitted, Math.min(progress.calls - progress.call, admitted.work.unetCalls));
          observer.onProgress?.(progress);
        },
      },
      onQueued:
        observer.onQueued && ((position) => observer.onQueued?.(position, this.#host.waitMs(admitted))),
      onRestarted: () => {
        this.#host.progress(admitted, admitted.work.unetCalls);
        traced?.restarted();
        observer.onRestarted?.();
      },
      resolve: answer.resolve,
      reject: answer.reject,
    };
    const stopListening = onAbort(signal, () => {
      answer.reject(cancelled());
      this.#host.withdraw(ticket);
    });
    try {
      if (!signal.aborted) this.#host.submit(ticket);
      const { image, times, warnings } = await answer.promise;
      const busyMs = Object.values(times).reduce((sum, ms) => sum + ms, 0);
      const queue = Math.max(0, performance.now() - submittedMs - busyMs);
      const result = { image, times: { queue, ...times }, warnings };
      this.#host.onDone(result.times);
      traced?.done(result.times);
      if (callsPlanned === admitted.work.unetCalls) this.#host.onServed(admitted);
      if (key !== undefined) results.set(key, result);
      return result;
    } catch (error) {
      this.#host.onFailed(error);
      traced?.failed(error);
      throw error;
    } finally {
      stopListening();
      this.#host.finish(admitted);
    }
  }

  /** Give back the places that were not used. Idempotent. */
  release(): void {
    this.#stopListening();
    for (const admitted of this.#admitted) {
      if (this.#used.has(admitted)) continue;
      this.#used.add(admitted);
      this.#host.finish(admitted);
    }
  }
}
