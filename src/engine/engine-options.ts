/** @file What an engine is told, and what of it each worker is told. Knows settings' meaning; reads none. */
import { availableParallelism } from "node:os";
import type { SchedulerName } from "../diffusion/inpaint-job.js";
import type { PredictionType } from "../diffusion/scheduler/noise-scheduler.js";
import type { InpaintError } from "../errors/inpaint-error.js";
import type { Logger } from "../observability/logger.js";
import type { Metrics } from "../observability/metrics.js";
import type { ExecutionProvider, ModelOptions } from "./protocol.js";

/** What to open and on what, as ModelOptions of protocol.ts says; "" and undefined are absent there. */
export interface ModelSettings {
  readonly modelDir: string;
  readonly variant: string;
  readonly tokenizerDir: string | undefined;
  readonly predictionType: PredictionType | "";
  readonly executionProvider: ExecutionProvider;
  /** Threads that each worker computes with; 0 divides the cores among the workers. */
  readonly workerThreads: number;
  /** Most jobs in one UNet call. */
  readonly maxBatch: number;
  readonly deterministic: boolean;
  /** Bytes; 0: off. */
  readonly promptCacheBytes: number;
  readonly latentCacheBytes: number;
  /** The schedule of a job that names none; "" is the checkpoint's own scheduler. */
  readonly defaultSteps: number;
  readonly defaultScheduler: SchedulerName | "";
}

export interface EngineOptions extends ModelSettings {
  /** 0: one for each device in `cudaVisibleDevices`, else one. */
  readonly workerCount: number;
  /** As CUDA_VISIBLE_DEVICES: names of devices with commas between; each worker sees one of them. "": all see all. */
  readonly cudaVisibleDevices: string;
  /** The environment variables that workers inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Bytes of whole results that are kept; 0: none. */
  readonly resultCacheBytes: number;
  /** Past this a worker is replaced once its jobs are done; 0: never. */
  readonly maxWorkerRssBytes: number;
  /** Of an image whose height or width is asked for. */
  readonly maxOutputPixels: number;
  /** Most work of all admitted jobs: UNet calls × rows × pixels. */
  readonly maxQueuedWork: number;
  /** How long admitted jobs may go on after close(). */
  readonly shutdownGraceMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The engine was ready once and never will be again. */
  onGivenUp(reason: InpaintError): void;
}

/** One entry a worker. */
export function workerEnvironments({
  workerCount,
  cudaVisibleDevices,
  environment,
}: Pick<
  EngineOptions,
  "workerCount" | "cudaVisibleDevices" | "environment"
>): readonly EngineOptions["environment"][] {
  const devices = cudaVisibleDevices
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const count = workerCount || Math.max(1, devices.length);
  return Array.from({ length: count }, (_, i) =>
    devices.length === 0
      ? environment
      : { ...environment, CUDA_VISIBLE_DEVICES: devices[i % devices.length] },
  );
}

/** What each of `workers` is told of its model. */
export function modelOptions(settings: ModelSettings, workers = 1): ModelOptions {
  const { modelDir, variant, tokenizerDir, predictionType, executionProvider } = settings;
  const { workerThreads, maxBatch, deterministic, promptCacheBytes, latentCacheBytes } = settings;
  const { defaultSteps, defaultScheduler } = settings;
  return {
    modelDir,
    ...(variant === "" ? {} : { variant }),
    ...(tokenizerDir === undefined ? {} : { tokenizerDir }),
    ...(predictionType === "" ? {} : { predictionType }),
    executionProvider,
    threads: workerThreads || Math.max(1, Math.floor(availableParallelism() / workers)),
    maxBatch,
    deterministic,
    promptCacheBytes,
    latentCacheBytes,
    defaultSchedule: {
      numInferenceSteps: defaultSteps,
      strength: 1,
      eta: 0,
      ...(defaultScheduler === "" ? {} : { scheduler: defaultScheduler }),
    },
  };
}
