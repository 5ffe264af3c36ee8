/** @file Every metric's name, help text, labels and buckets. Knows no code that measures. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** How a job ended: `refused` never got a place in the queue, `cancelled` lost its client. */
export const JOB_OUTCOMES = ["done", "failed", "cancelled", "refused"] as const;
export type JobOutcome = (typeof JOB_OUTCOMES)[number];

export interface Metrics {
  readonly registry: Registry;
  /** Seconds; the label is a job's stage, or `imageDecode` and `imageEncode` of the scoring room. */
  readonly stageSeconds: Histogram<"stage">;
  /** `outcome` is one of JOB_OUTCOMES. */
  readonly jobs: Counter<"outcome">;
  readonly unetCalls: Counter;
  readonly unetCallsPlanned: Counter;
  readonly jobsWaiting: Gauge;
  readonly workersReady: Gauge;
  readonly workerRestarts: Counter;
  readonly httpRequests: Counter<"route" | "status">;
}

/** About a factor of three apart, from one PNG (milliseconds) to 150 steps of a large model on a CPU (minutes). */
const STAGE_BUCKETS_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

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
      help: "HTTP requests answered, by route and status.",
      labelNames: ["route", "status"],
      registers,
    }),
  };
}
