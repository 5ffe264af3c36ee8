/**
 * @file The engine: requests get permits, their jobs get workers, and everybody an answer. Owns the queue, the workers and
 * their end. Knows neither HTTP nor ONNX.
 */
import { createDeferred, type Deferred } from "../async/deferred.js";
import { fulfilledWithin } from "../async/fulfilled-within.js";
import type { JobPlan } from "../diffusion/inpaint-job.js";
import type { ModelGeometry } from "../diffusion/job-sizes.js";
import { JOB_STAGES } from "../diffusion/stage-times.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { JobOutcome } from "../observability/metrics.js";
import { Admission } from "./admission.js";
import { type Assessment, assessPlan } from "./assess-plan.js";
import { CostModel } from "./cost-model.js";
import { Dispatcher } from "./dispatcher.js";
import { type EngineOptions, modelOptions, workerEnvironments } from "./engine-options.js";
import type { AdmittedJob, Priority } from "./job-order.js";
import type { JobWork } from "./job-work.js";
import { Permit, type PermitHost } from "./permit.js";
import type { MessageFromWorker, ModelInfo } from "./protocol.js";
import { ResultCache } from "./result-cache.js";
import { ScheduleLengths } from "./schedule-lengths.js";
import { WaitEstimates } from "./wait-estimates.js";
import { WorkerPool } from "./worker-pool.js";

export { type EngineOptions, modelOptions } from "./engine-options.js";
export type { EngineResult, Permit } from "./permit.js";

export interface ReserveOptions {
  readonly signal: AbortSignal;
  /** On this process's `performance.now()` clock. */
  readonly deadlineMs: number;
  readonly priority: Priority;
}

const shuttingDown = () => new InpaintError("SHUTTING_DOWN", "the server is shutting down");

export class Engine {
  readonly #options: EngineOptions;
  readonly #costs = new CostModel();
  readonly #admission: Admission;
  readonly #estimates = new WaitEstimates();
  readonly #schedules = new ScheduleLengths();
  readonly #pool: WorkerPool;
  readonly #dispatcher: Dispatcher;
  readonly #results: ResultCache;
  readonly #host: PermitHost;
  /** Once no job will be run any more: why. */
  #refusal: (() => InpaintError) | undefined;
  #toldResults = { hits: 0, misses: 0 };
  #wasReady = false;
  #drained: Deferred<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { logger, metrics, maxBatch } = options;
    const environments = workerEnvironments(options);
    this.#admission = new Admission({ maxQueuedWork: options.maxQueuedWork, costs: this.#costs });
    this.#pool = new WorkerPool({
      model: modelOptions(options, environments.length),
      environments,
      maxRssBytes: options.maxWorkerRssBytes,
      logger,
      onRan: (message, slot) => this.#onRan(message, String(slot)),
      onChange: () => this.#onWorkerChange(),
      onRestart: () => metrics.workerRestarts.inc(),
      onGivenUp: (reason) => this.#onGivenUp(reason),
    });
    this.#dispatcher = new Dispatcher({
      maxBatch,
      logger,
      readyWorkers: () => this.#pool.ready,
      onChange: () => {
        this.#pool.replaceLarge();
        this.#update();
      },
      onRetry: () => metrics.jobRetries.inc(),
    });
    this.#results = new ResultCache(options.resultCacheBytes);
    this.#host = this.#permitHost();
  }

  /** Fulfilled when the first job could be served; rejects with the InpaintError that makes it impossible. */
  start(): Promise<void> {
    return this.#pool.start();
  }

  /** True only while a job could be served. */
  get ready(): boolean {
    return this.#closed === undefined && this.#opened !== undefined;
  }

  /** The model as a worker that is ready opened it; undefined while none is. */
  get model(): ModelInfo | undefined {
    return this.#opened?.model;
  }

  /** Of that model. */
  get geometry(): ModelGeometry | undefined {
    return this.#opened?.geometry;
  }

  /**
   * Every reason why the model cannot run a job with this plan, or may not. None when nothing is known against it, and
   * while no worker is ready: then nothing is known of the checkpoint, and no job is taken either.
   */
  problemsWith(plan: JobPlan): readonly string[] {
    const assessment = this.#opened && this.#assess(plan, this.#opened);
    return assessment !== undefined && "problems" in assessment ? assessment.problems : [];
  }

  /**
   * Places for jobs with these plans, held until they are used or released. Throws NOT_READY, INVALID_INPUT, QUEUE_FULL,
   * SHUTTING_DOWN or CANCELLED.
   */
  reserve(plans: readonly JobPlan[], { signal, deadlineMs, priority }: ReserveOptions): Permit {
    try {
      if (this.#closed !== undefined) throw shuttingDown();
      const opened = this.#opened;
      if (opened === undefined)
        throw new InpaintError("NOT_READY", "no worker is ready; try again in a few seconds");
      if (signal.aborted) throw new InpaintError("CANCELLED", "the request was cancelled");
      const admitted = this.#admission.admit(this.#worksOf(plans, opened), {
        nowMs: performance.now(),
        deadlineMs,
        priority,
        workers: this.#pool.ready.length,
      });
      this.#estimate(admitted);
      this.#update();
      return new Permit(this.#host, admitted, signal);
    } catch (error) {
      this.#options.metrics.jobs.inc({ outcome: outcomeOf(error) }, plans.length);
      throw error;
    }
  }

  /**
   * Give no more permits, finish the admitted jobs within `shutdownGraceMs`, answer the rest with SHUTTING_DOWN and end
   * the workers.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #opened(): MessageFromWorker<"ready"> | undefined {
    return this.#pool.opened;
  }

  #assess(plan: JobPlan, opened: MessageFromWorker<"ready">): Assessment {
    return assessPlan(plan, opened, {
      maxOutputPixels: this.#options.maxOutputPixels,
      schedules: this.#schedules,
    });
  }

  /** Asked again: no worker may have been ready, or another one, when the caller asked for problems. */
  #worksOf(plans: readonly JobPlan[], opened: MessageFromWorker<"ready">): readonly JobWork[] {
    return plans.map((plan) => {
      const assessment = this.#assess(plan, opened);
      if ("work" in assessment) return assessment.work;
      throw new InpaintError("INVALID_INPUT", assessment.problems.join("; "));
    });
  }

  #estimate(admitted: readonly AdmittedJob[]): void {
    const nowMs = performance.now();
    for (const job of admitted) {
      const turn = this.#admission.turnOf(job, this.#pool.ready.length);
      if (turn !== undefined) this.#estimates.make(job, { nowMs, ...turn });
    }
  }

  #permitHost(): PermitHost {
    return {
      results: this.#results,
      submit: (ticket) => {
        if (this.#refusal !== undefined) ticket.reject(this.#refusal());
        else this.#dispatcher.submit(ticket);
        this.#update();
      },
      withdraw: (ticket) => this.#dispatcher.withdraw(ticket),
      progress: (admitted, callsLeft) => this.#admission.progress(admitted, callsLeft),
      waitMs: (admitted) => this.#admission.turnOf(admitted, this.#pool.ready.length)?.waitMs,
      finish: (admitted) => {
        this.#admission.finish(admitted);
        this.#update();
        this.#drainedIfIdle();
      },
      onStarted: (unetCalls) => this.#options.metrics.unetCallsPlanned.inc(unetCalls),
      onServed: (admitted) => {
        const error = this.#estimates.learn(admitted, performance.now());
        if (error !== undefined) this.#options.metrics.waitEstimateError.observe(error);
      },
      onDone: (times) => {
        for (const stage of JOB_STAGES)
          this.#options.metrics.stageSeconds.observe({ stage }, times[stage] / 1000);
        this.#options.metrics.jobs.inc({ outcome: "done" });
      },
      onFailed: (reason) => this.#options.metrics.jobs.inc({ outcome: outcomeOf(reason) }),
    };
  }

  #onRan({ run, jobs, ms, caches, rssBytes }: MessageFromWorker<"ran">, worker: string): void {
    const { metrics } = this.#options;
    this.#costs.observe(run, ms);
    for (const { cache, hits, misses, bytes } of caches) {
      metrics.cacheRequests.inc({ cache, outcome: "hit" }, hits);
      metrics.cacheRequests.inc({ cache, outcome: "miss" }, misses);
      metrics.cacheBytes.set({ cache, worker }, bytes);
    }
    metrics.runSeconds.observe({ kind: run.kind }, ms / 1000);
    metrics.workerBusySeconds.inc({ worker }, ms / 1000);
    metrics.workerRssBytes.set({ worker }, rssBytes);
    if (run.kind !== "unet") return;
    metrics.unetCalls.inc(jobs);
    metrics.microBatchJobs.observe(jobs);
    metrics.microBatchRows.observe(run.rows);
  }

  #onWorkerChange(): void {
    this.#wasReady ||= this.#pool.ready.length > 0;
    this.#dispatcher.dispatch();
    this.#update();
  }

  #onGivenUp(reason: InpaintError): void {
    this.#refuseAll(() => new InpaintError("WORKER_LOST", `no worker could be started: ${reason.message}`));
    if (this.#wasReady) this.#options.onGivenUp(reason);
  }

  async #close(): Promise<void> {
    this.#drained = createDeferred();
    this.#drainedIfIdle();
    const idle = await fulfilledWithin(this.#drained.promise, this.#options.shutdownGraceMs);
    this.#refuseAll(shuttingDown);
    await this.#pool.stop({ idle });
    this.#update();
  }

  /** What is admitted, and what still comes with a permit. */
  #refuseAll(reason: () => InpaintError): void {
    this.#refusal = reason;
    this.#dispatcher.refuse(reason);
  }

  #drainedIfIdle(): void {
    if (this.#admission.jobs === 0) this.#drained?.resolve();
  }

  #tellResults(): void {
    const { hits, misses, bytes } = this.#results.stats;
    const { cacheRequests, cacheBytes } = this.#options.metrics;
    cacheRequests.inc({ cache: "result", outcome: "hit" }, hits - this.#toldResults.hits);
    cacheRequests.inc({ cache: "result", outcome: "miss" }, misses - this.#toldResults.misses);
    cacheBytes.set({ cache: "result" }, bytes);
    this.#toldResults = { hits, misses };
  }

  #update(): void {
    const { metrics } = this.#options;
    metrics.jobsWaiting.set(this.#dispatcher.waiting);
    metrics.jobsAdmitted.set(this.#admission.jobs);
    metrics.workAdmitted.set(this.#admission.queuedWork);
    metrics.workersReady.set(this.#pool.ready.length);
    this.#tellResults();
  }
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
