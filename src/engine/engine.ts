/**
 * @file The engine: jobs in, results out, one at a time, first come first served. Owns the queue, the worker and their
 * end. Knows neither HTTP nor ONNX.
 */
import { availableParallelism } from "node:os";
import { onAbort } from "../async/abort.js";
import { createDeferred, type Deferred } from "../async/deferred.js";
import { fulfilledWithin } from "../async/fulfilled-within.js";
import type { InpaintJob, JobPlan, SchedulerName } from "../diffusion/inpaint-job.js";
import type { PredictionType } from "../diffusion/scheduler/noise-scheduler.js";
import { JOB_STAGES, type JobTimes } from "../diffusion/stage-times.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Logger } from "../observability/logger.js";
import type { JobOutcome, Metrics } from "../observability/metrics.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { planProblems } from "./plan-problems.js";
import type { ExecutionProvider, ModelInfo, ModelOptions } from "./protocol.js";
import { WorkerKeeper } from "./worker-keeper.js";
import type { RunningJob } from "./worker-process.js";

export interface EngineOptions {
  /** What to open and on what, as ModelOptions of protocol.ts says; "" and undefined are absent there. */
  readonly modelDir: string;
  readonly variant: string;
  readonly tokenizerDir: string | undefined;
  readonly predictionType: PredictionType | "";
  readonly executionProvider: ExecutionProvider;
  /** Threads the worker computes with; 0 is one per core. */
  readonly workerThreads: number;
  /** The schedule of a job that names none; "" is the checkpoint's own scheduler. */
  readonly defaultSteps: number;
  readonly defaultScheduler: SchedulerName | "";
  /** Of an image whose height or width is asked for. */
  readonly maxOutputPixels: number;
  /** Jobs that may wait beside the one that runs. */
  readonly maxQueuedJobs: number;
  /** How long admitted jobs may go on after close(). */
  readonly shutdownGraceMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The engine was ready once and never will be again. */
  onGivenUp(reason: InpaintError): void;
}

export interface EngineResult {
  readonly image: RgbImage;
  readonly times: JobTimes;
  readonly warnings: readonly string[];
}

/** A job that was admitted, until its caller has an answer. */
interface Ticket {
  readonly job: InpaintJob;
  readonly admittedAtMs: number;
  readonly answer: Deferred<EngineResult>;
}

const cancelled = () => new InpaintError("CANCELLED", "the request was cancelled");
const shuttingDown = () => new InpaintError("SHUTTING_DOWN", "the server is shutting down");

export class Engine {
  readonly #options: EngineOptions;
  readonly #metrics: Metrics;
  readonly #keeper: WorkerKeeper;
  readonly #waiting: Ticket[] = [];
  #running: { readonly ticket: Ticket; readonly run: RunningJob } | undefined;
  #wasReady = false;
  #drained: Deferred<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#metrics = options.metrics;
    this.#keeper = new WorkerKeeper({
      model: modelOptions(options),
      logger: options.logger,
      onChange: () => this.#onWorkerChange(),
      onRestart: () => this.#metrics.workerRestarts.inc(),
      onGivenUp: (reason) => this.#onGivenUp(reason),
    });
  }

  /** Fulfilled when the first job could be served; rejects with the InpaintError that makes it impossible. */
  start(): Promise<void> {
    return this.#keeper.start();
  }

  /** True only while a job could be served. */
  get ready(): boolean {
    return this.#closed === undefined && this.#keeper.ready !== undefined;
  }

  /** The model as the worker that is ready opened it; undefined while none is. */
  get model(): ModelInfo | undefined {
    return this.#keeper.ready?.opened?.model;
  }

  /**
   * Every reason why the model cannot run a job with this plan, or may not. None when nothing is known against it, and
   * while no worker is ready: then nothing is known of the checkpoint, and no job is taken either.
   */
  problemsWith(plan: JobPlan): readonly string[] {
    const opened = this.#keeper.ready?.opened;
    return opened ? planProblems(plan, opened, this.#options.maxOutputPixels) : [];
  }

  /**
   * Run one job to its end. Rejects with InpaintError NOT_READY, INVALID_INPUT, QUEUE_FULL, SHUTTING_DOWN, CANCELLED as soon as
   * `signal` aborts, WORKER_LOST as soon as the worker dies under it, or with what the worker says of the job.
   */
  async run(job: InpaintJob, { signal }: { readonly signal: AbortSignal }): Promise<EngineResult> {
    try {
      const result = await this.#admitAndWait(job, signal);
      for (const stage of JOB_STAGES)
        this.#metrics.stageSeconds.observe({ stage }, result.times[stage] / 1000);
      this.#count("done");
      return result;
    } catch (error) {
      this.#count(outcomeOf(error));
      throw error;
    }
  }

  /**
   * Take no more jobs, finish the admitted ones within `shutdownGraceMs`, answer the rest with SHUTTING_DOWN and end
   * the worker.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #admitAndWait(job: InpaintJob, signal: AbortSignal): Promise<EngineResult> {
    if (this.#closed !== undefined) throw shuttingDown();
    if (!this.ready) throw new InpaintError("NOT_READY", "no worker is ready; try again in a few seconds");
    if (signal.aborted) throw cancelled();
    // Asked again: no worker may have been ready, or another one, when the caller did.
    const problems = this.problemsWith(job);
    if (problems.length > 0) throw new InpaintError("INVALID_INPUT", problems.join("; "));
    const limit = this.#options.maxQueuedJobs;
    if (this.#running !== undefined && this.#waiting.length >= limit) {
      throw new InpaintError("QUEUE_FULL", `${this.#waiting.length} jobs are waiting, the limit is ${limit}`);
    }
    const ticket: Ticket = { job, admittedAtMs: performance.now(), answer: createDeferred() };
    this.#waiting.push(ticket);
    const stopListening = onAbort(signal, () => this.#abort(ticket));
    this.#dispatch();
    try {
      return await ticket.answer.promise;
    } finally {
      stopListening();
    }
  }

  /** The caller has its answer at once; a worker that runs the job stops before its next UNet call. */
  #abort(ticket: Ticket): void {
    ticket.answer.reject(cancelled());
    const place = this.#waiting.indexOf(ticket);
    if (place >= 0) this.#waiting.splice(place, 1);
    else if (this.#running?.ticket === ticket) this.#running.run.cancel();
    this.#updateWaiting();
  }

  #dispatch(): void {
    const worker = this.#keeper.ready;
    const ticket = worker === undefined || this.#running !== undefined ? undefined : this.#waiting.shift();
    this.#updateWaiting();
    if (worker === undefined || ticket === undefined) return;
    const queue = performance.now() - ticket.admittedAtMs;
    const run = worker.run(ticket.job, {
      onStarted: (unetCalls) => this.#metrics.unetCallsPlanned.inc(unetCalls),
      onProgress: () => this.#metrics.unetCalls.inc(),
    });
    this.#running = { ticket, run };
    run.result
      .then(
        ({ image, times, warnings }) =>
          ticket.answer.resolve({ image, times: { queue, ...times }, warnings }),
        (error) => ticket.answer.reject(error),
      )
      .finally(() => {
        this.#running = undefined;
        this.#dispatch();
        this.#drainedIfIdle();
      });
  }

  #onWorkerChange(): void {
    this.#wasReady ||= this.#keeper.ready !== undefined;
    this.#metrics.workersReady.set(this.#keeper.ready === undefined ? 0 : 1);
    this.#dispatch();
  }

  #onGivenUp(reason: InpaintError): void {
    this.#refuseWaiting(
      () => new InpaintError("WORKER_LOST", `no worker could be started: ${reason.message}`),
    );
    if (this.#wasReady) this.#options.onGivenUp(reason);
  }

  async #close(): Promise<void> {
    this.#drained = createDeferred();
    this.#drainedIfIdle();
    const idle = await fulfilledWithin(this.#drained.promise, this.#options.shutdownGraceMs);
    this.#refuseWaiting(shuttingDown);
    this.#running?.ticket.answer.reject(shuttingDown());
    await this.#keeper.stop({ idle });
    this.#metrics.workersReady.set(0);
  }

  #drainedIfIdle(): void {
    if (this.#running === undefined && this.#waiting.length === 0) this.#drained?.resolve();
  }

  #refuseWaiting(reason: () => InpaintError): void {
    for (const ticket of this.#waiting.splice(0)) ticket.answer.reject(reason());
    this.#updateWaiting();
    this.#drainedIfIdle();
  }

  #updateWaiting(): void {
    this.#metrics.jobsWaiting.set(this.#waiting.length);
  }

  #count(outcome: JobOutcome): void {
    this.#metrics.jobs.inc({ outcome });
  }
}

/** What a worker is told of its model, from the operator's settings. */
export function modelOptions(
  options: Omit<EngineOptions, "maxQueuedJobs" | "shutdownGraceMs" | "logger" | "metrics" | "onGivenUp">,
): ModelOptions {
  const { modelDir, variant, tokenizerDir, predictionType, executionProvider } = options;
  const { workerThreads, defaultSteps, defaultScheduler } = options;
  return {
    modelDir,
    ...(variant === "" ? {} : { variant }),
    ...(tokenizerDir === undefined ? {} : { tokenizerDir }),
    ...(predictionType === "" ? {} : { predictionType }),
    executionProvider,
    threads: workerThreads === 0 ? availableParallelism() : workerThreads,
    defaultSchedule: {
      numInferenceSteps: defaultSteps,
      strength: 1,
      eta: 0,
      ...(defaultScheduler === "" ? {} : { scheduler: defaultScheduler }),
    },
  };
}

function outcomeOf(error: unknown): JobOutcome {
  switch (error instanceof InpaintError ? error.code : "INTERNAL") {
    case "CANCELLED":
      return "cancelled";
    case "INVALID_INPUT":
    case "NOT_READY":
    case "QUEUE_FULL":
    case "SHUTTING_DOWN":
      return "refused";
    default:
      return "failed";
  }
}
