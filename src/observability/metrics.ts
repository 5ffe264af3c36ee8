/** @file Every metric's name, help text, labels and buckets. Knows no code that measures. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** How a job ended: `refused` never got a place in the queue, `cancelled` lost its client. */
export const JOB_OUTCOMES = ["done", "failed", "cancelled", "refused"] as const;
export type JobOutcome = (typeof JOB_OUTCOMES)[number];

/**
 * A verdict's kind; `unavailable` where there was none because the service failed, `refused` where it or the line here would
 * not take the content, `cancelled` where nobody waits for it any more.
 */
export const SCREENING_OUTCOMES = [
  "allowed",
  "blocked",
  "unscreened",
  "unavailable",
  "refused",
  "cancelled",
] as const;

export interface Metrics {
  readonly registry: Registry;
  /**
   * Seconds; the label is a job's stage, or of the scoring room `imageFetch`, `imageDecode`, `screenInput`, `screenOutput`
   * and `imageEncode`.
   */
  readonly stageSeconds: Histogram<"stage">;
  /** `outcome` is one of JOB_OUTCOMES. */
  readonly jobs: Counter<"outcome">;
  readonly unetCalls: Counter;
  readonly unetCallsPlanned: Counter;
  /** Network runs and image arithmetic; the label is a RunKind of the engine. */
  readonly runSeconds: Histogram<"kind">;
  readonly microBatchJobs: Histogram;
  readonly microBatchRows: Histogram;
  readonly jobRetries: Counter;
  /** `cache` is prompt, latent, result or screening, `outcome` hit or miss. */
  readonly cacheRequests: Counter<"cache" | "outcome">;
  /** `worker` is the worker's number, from 0; absent for results, which the server keeps. */
  readonly cacheBytes: Gauge<"cache" | "worker">;
  /** How far off the time was that a job would take from its admission on, as a part of what it took. */
  readonly waitEstimateError: Histogram;
  readonly jobsWaiting: Gauge;
  readonly jobsAdmitted: Gauge;
  readonly workAdmitted: Gauge;
  readonly decodedPixels: Gauge;
  /** `worker` is its number, from 0: one that takes another's place has its number. */
  readonly workerRssBytes: Gauge<"worker">;
  readonly workersReady: Gauge;
  readonly workerRestarts: Counter;
  /** Busy seconds of each worker, numbered from 0: their rate is its utilisation. */
  readonly workerBusySeconds: Counter<"worker">;
  /** `route` is one of the route table's, or `unknown`; `status` 499 is a client that went away. */
  readonly httpRequests: Counter<"route" | "status">;
  /** `kind` is text or image; `outcome` is one of SCREENING_OUTCOMES. */
  readonly screeningChecks: Counter<"kind" | "outcome">;
  /** Of one request to the service, answered or not. */
  readonly screeningSeconds: Histogram<"kind">;
  /** 0 closed, 1 half-open, 2 open. */
  readonly screeningBreaker: Gauge;
  readonly httpUploadBytes: Gauge;
  readonly httpHeldResponseBytes: Gauge;
  /** `status_class` is 2xx, 4xx or 5xx. */
  readonly httpRequestSeconds: Histogram<"route" | "status_class">;
  readonly httpRequestBytes: Histogram<"route">;
  readonly httpResponseBytes: Histogram<"route">;
  readonly httpRequestsInFlight: Gauge;
  /** Of scoring requests that were read. */
  readonly requestRows: Histogram;
  readonly images: Counter;
  /** `code` is an ErrorCode. */
  readonly errors: Counter<"code">;
}

/** About a factor of three apart, from one PNG (milliseconds) to 150 steps of a large model on a CPU (minutes). */
const STAGE_BUCKETS_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

/** From a service nearby to one attempt's longest. */
const SCREENING_BUCKETS_SECONDS = [0.01, 0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];
/** A factor of four apart, from a probe's answer to the largest body. */
const BYTES_BUCKETS = [1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

const ESTIMATE_ERROR_BUCKETS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 1, 2];

/** All metrics, in a registry of their own: two servers in one process (tests) do not share numbers. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    stageSeconds: new Histogram({
      name: "inpaint_stage_seconds",
      help: "Time one job spends in each stage.",
      labelNames: ["stage"],
      buckets: STAGE_BUCKETS_SECONDS,
      registers,
    }),
    jobs: new Counter({
      name: "inpaint_jobs_total",
      help: "Jobs by how they ended: done, failed, cancelled or refused.",
      labelNames: ["outcome"],
      registers,
    }),
    unetCalls: new Counter({
      name: "inpaint_unet_calls_total",
      help: "UNet calls made, counted once for each job a call served.",
      registers,
    }),
    unetCallsPlanned: new Counter({
      name: "inpaint_unet_calls_planned_total",
      help: "UNet calls that started jobs need in all, added when a job starts.",
      registers,
    }),
    runSeconds: new Histogram({
      name: "inpaint_run_seconds",
      help: "Time of one run in a worker: of a network (unet: one call for a micro-batch), or of image arithmetic.",
      labelNames: ["kind"],
      buckets: STAGE_BUCKETS_SECONDS,
      registers,
    }),
    microBatchJobs: new Histogram({
      name: "inpaint_micro_batch_jobs",
      help: "Jobs that shared one UNet call.",
      buckets: [1, 2, 3, 4, 6, 8, 12, 16, 32, 64],
      registers,
    }),
    microBatchRows: new Histogram({
      name: "inpaint_micro_batch_rows",
      help: "Rows of one UNet call: two for each job with guidance.",
      buckets: [1, 2, 4, 6, 8, 12, 16, 32, 64, 128],
      registers,
    }),
    jobRetries: new Counter({
      name: "inpaint_job_retries_total",
      help: "Jobs that were begun anew because their worker ended.",
      registers,
    }),
    cacheRequests: new Counter({
      name: "inpaint_cache_requests_total",
      help: "What caches were asked for: encoded prompts, VAE moments of images, whole results, screenings; hit or miss.",
      labelNames: ["cache", "outcome"],
      registers,
    }),
    cacheBytes: new Gauge({
      name: "inpaint_cache_bytes",
      help: "Bytes that each cache holds; each worker, numbered from 0, has caches of its own.",
      labelNames: ["cache", "worker"],
      registers,
    }),
    jobsAdmitted: new Gauge({
      name: "inpaint_jobs_admitted",
      help: "Jobs that hold a place: reserved, waiting or running.",
      registers,
    }),
    workAdmitted: new Gauge({
      name: "inpaint_work_admitted_pixels",
      help: "Work left of all admitted jobs: UNet calls times rows times pixels.",
      registers,
    }),
    decodedPixels: new Gauge({
      name: "inpaint_decoded_pixels",
      help: "Pixels of the input images of all requests that wait or run.",
      registers,
    }),
    workerRssBytes: new Gauge({
      name: "inpaint_worker_resident_memory_bytes",
      help: "Resident memory of each worker, numbered from 0, after its last run.",
      labelNames: ["worker"],
      registers,
    }),
    waitEstimateError: new Histogram({
      name: "inpaint_wait_estimate_error_ratio",
      help: "Of jobs that were done: how far off the estimate at admission was, as a part of the time it really took.",
      buckets: ESTIMATE_ERROR_BUCKETS,
      registers,
    }),
    jobsWaiting: new Gauge({
      name: "inpaint_jobs_waiting",
      help: "Jobs in the queue that no worker has begun.",
      registers,
    }),
    workersReady: new Gauge({
      name: "inpaint_workers_ready",
      help: "Workers that could take a job now.",
      registers,
    }),
    workerRestarts: new Counter({
      name: "inpaint_worker_restarts_total",
      help: "Workers started again after one was lost.",
      registers,
    }),
    httpRequests: new Counter({
      name: "inpaint_http_requests_total",
      help: "HTTP requests by route and status; 499: the client went away before its answer was written.",
      labelNames: ["route", "status"],
      registers,
    }),
    screeningChecks: new Counter({
      name: "inpaint_screening_checks_total",
      help: "Texts and images screened: allowed, blocked, unscreened, unavailable (the service failed), refused (too much, or not taken) or cancelled.",
      labelNames: ["kind", "outcome"],
      registers,
    }),
    screeningSeconds: new Histogram({
      name: "inpaint_screening_request_seconds",
      help: "Time of one request to the screening service, answered or not.",
      labelNames: ["kind"],
      buckets: SCREENING_BUCKETS_SECONDS,
      registers,
    }),
    screeningBreaker: new Gauge({
      name: "inpaint_screening_breaker_state",
      help: "Whether the screening service is asked: 0 yes (also where nothing is screened), 1 the next request tries it, 2 it is left alone.",
      registers,
    }),
    httpUploadBytes: new Gauge({
      name: "inpaint_http_upload_bytes",
      help: "Bytes of the bodies that are arriving, as far as they have come, or whose texts and images are being read.",
      registers,
    }),
    httpHeldResponseBytes: new Gauge({
      name: "inpaint_http_held_response_bytes",
      help: "Bytes of images in finished answers that their clients have not read yet.",
      registers,
    }),
    httpRequestSeconds: new Histogram({
      name: "inpaint_http_request_seconds",
      help: "Time from a request's head to the last byte of its answer, by route and class of status.",
      labelNames: ["route", "status_class"],
      buckets: STAGE_BUCKETS_SECONDS,
      registers,
    }),
    httpRequestBytes: new Histogram({
      name: "inpaint_http_request_bytes",
      help: "Bytes of the bodies of requests that have one.",
      labelNames: ["route"],
      buckets: BYTES_BUCKETS,
      registers,
    }),
    httpResponseBytes: new Histogram({
      name: "inpaint_http_response_bytes",
      help: "Bytes of answers, their heads included.",
      labelNames: ["route"],
      buckets: BYTES_BUCKETS,
      registers,
    }),
    httpRequestsInFlight: new Gauge({
      name: "inpaint_http_requests_in_flight",
      help: "HTTP requests that are not answered yet.",
      registers,
    }),
    requestRows: new Histogram({
      name: "inpaint_request_rows",
      help: "Rows of scoring requests that could be read.",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    images: new Counter({
      name: "inpaint_images_total",
      help: "Images made and encoded.",
      registers,
    }),
    errors: new Counter({
      name: "inpaint_errors_total",
      help: "Requests refused or failed, and rows that failed, by error code.",
      labelNames: ["code"],
      registers,
    }),
    workerBusySeconds: new Counter({
      name: "inpaint_worker_busy_seconds_total",
      help: "Time each worker, numbered from 0, spent in runs.",
      labelNames: ["worker"],
      registers,
    }),
  };
}

/** This process's own memory, CPU time, garbage collection and event-loop delay; their names are prom-client's. */
export function watchProcess({ registry }: Metrics): void {
  collectDefaultMetrics({ register: registry });
}
