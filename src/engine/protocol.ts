/**
 * @file Every message between the engine and a worker process. Each kind is tied to its content by the union.
 * Knows what is said; knows neither queue nor network. Messages travel by structured clone, large typed arrays in parts.
 */
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import type { ModelGeometry } from "../diffusion/job-sizes.js";
import type { ScheduleOptions } from "../diffusion/scheduler/create-scheduler.js";
import type { PredictionType, SchedulerConfig } from "../diffusion/scheduler/noise-scheduler.js";
import type { JobTimes } from "../diffusion/stage-times.js";
import type { ErrorCode } from "../errors/inpaint-error.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import type { DeviceRun } from "./device-run.js";
import type { Priority } from "./job-order.js";
import type { AnnouncedRun } from "./run-limits.js";

/** Numbers a job between engine and worker; unique within one life of the engine. */
export type JobId = number;

/** Milliseconds of the stages that happen inside a worker: all but the wait in the engine's queue. */
export type WorkerTimes = Omit<JobTimes, "queue">;

/** `auto` takes the best that works; any other is that one or an error. */
export const EXECUTION_PROVIDERS = ["auto", "cpu", "cuda", "webgpu", "tensorrt"] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

export interface ModelOptions {
  /** Folder of a checkpoint, or one that holds it. */
  readonly modelDir: string;
  /** The word between name and suffix of the weights to open, as `fp16`. Absent: the copy without one. */
  readonly variant?: string;
  /** Folder with vocab.json and merges.txt. Absent: the checkpoint's own. */
  readonly tokenizerDir?: string;
  /** What the UNet predicts. Absent: what the checkpoint says. */
  readonly predictionType?: PredictionType;
  readonly executionProvider: ExecutionProvider;
  /** ≥ 1. */
  readonly threads: number;
  /** Most jobs in one UNet call, ≥ 1. */
  readonly maxBatch: number;
  /** On a GPU: every UNet call has one number of rows, so that a job's bytes do not depend on its neighbours. */
  readonly deterministic: boolean;
  /** Bytes; 0: off. */
  readonly promptCacheBytes: number;
  readonly latentCacheBytes: number;
  /** The schedule of a job that names none: a model that cannot run it is refused at start. */
  readonly defaultSchedule: ScheduleOptions;
}

/** What an opened model is, for `GET /info` and for checks before a job is sent. No path of this machine is in it. */
export interface ModelInfo {
  /** The hub repository's name, or the last part of the checkpoint's path. */
  readonly name: string;
  /** 64 hexadecimal digits that tell two checkpoints apart. */
  readonly hash: string;
  /** In words: of which generation, and what for. */
  readonly architecture: string;
  /** 9: latents, mask and masked image. 4: latents alone, the known part is put back after each step. */
  readonly unetChannels: number;
  /** `clip_skip` can leave out this many. */
  readonly textEncoderLayers: number;
  readonly predictionType: PredictionType;
  /** The checkpoint's own class, by its diffusers name. */
  readonly scheduler: string;
  /** Element type of the weights on disk: `F32`, or `F16, F32` where they are mixed. */
  readonly weightsDtype: string;
  /** What is computed in. */
  readonly precision: "float32" | "float16";
  /** The one that runs, not the one that was asked for. */
  readonly executionProvider: Exclude<ExecutionProvider, "auto">;
  /** Pixels of the model's own image. */
  readonly height: number;
  readonly width: number;
  readonly parameterCounts: { readonly textEncoder: number; readonly unet: number; readonly vae: number };
}

/** Which checkpoint a worker opened, for the log. */
export interface CheckpointInfo {
  readonly layout: "diffusers" | "single-file";
  /** Of the diffusers folder, or of the single file. */
  readonly path: string;
  /** Why this one, in one sentence. */
  readonly reason: string;
  /** The checkpoints that are there too. */
  readonly notTaken: readonly string[];
  /** What an operator should know of how it was read. */
  readonly warnings: readonly string[];
}

export type ToWorker =
  /** The first message, once: what to open and how. */
  | { readonly type: "open"; readonly model: ModelOptions }
  | {
      readonly type: "run";
      readonly id: JobId;
      readonly job: InpaintJob;
      /** On the engine's clock, as `sentMs`. Decides the order, ends nothing. */
      readonly deadlineMs: number;
      /** When this message was sent, on the engine's clock: the least that a message took tells what time it is there. */
      readonly sentMs: number;
      readonly priority: Priority;
      /** Shares no UNet call: it may have ended a worker. */
      readonly alone: boolean;
      /** Send a small picture of the latents now and then. */
      readonly previews: boolean;
    }
  /** Stop before the next run. Answered by `failed` with CANCELLED, or by `done` when it came too late. */
  | { readonly type: "cancel"; readonly id: JobId }
  /** Answered by `pong` as soon as messages are read: between two runs. */
  | { readonly type: "ping" };

export interface JobProgress {
  readonly id: JobId;
  readonly call: number;
  readonly calls: number;
  /** One pixel per latent. */
  readonly preview?: RgbImage;
}

/** How a cache was asked since the message before, and what it holds. */
export interface CacheUse {
  readonly cache: "prompt" | "latent";
  readonly hits: number;
  readonly misses: number;
  readonly bytes: number;
}

export type FromWorker =
  /** The model is open and warm. */
  | {
      readonly type: "ready";
      readonly openMs: number;
      readonly warmUpMs: number;
      readonly model: ModelInfo;
      readonly geometry: ModelGeometry;
      /** The checkpoint's own: what a job may ask of it is known before the job is sent. */
      readonly schedulerConfig: SchedulerConfig;
      readonly checkpoint: CheckpointInfo;
    }
  /** `fatal` is the last message of a worker that cannot open its model. */
  | { readonly type: "fatal"; readonly code: ErrorCode; readonly message: string }
  /** Denoising begins: this many UNet calls are planned. */
  | { readonly type: "started"; readonly id: JobId; readonly unetCalls: number }
  /** The process does this now, for these jobs, and reads no message before it is done. */
  | ({ readonly type: "began"; readonly ids: readonly JobId[] } & AnnouncedRun)
  /** It is done. `progress`: of the jobs that a UNet call took further, calls made (from 1) and calls in all. */
  | {
      readonly type: "ran";
      readonly run: DeviceRun;
      /** That had a part in it, whatever became of them. */
      readonly jobs: number;
      /** Milliseconds since 1970, by the machine's clock, which both sides share. */
      readonly startedAtMs: number;
      readonly ms: number;
      readonly progress: readonly JobProgress[];
      readonly caches: readonly CacheUse[];
      /** Resident memory of the process. */
      readonly rssBytes: number;
    }
  /** Memory was too small for a UNet call at this shape of its input; from now on a call has at most `rows`. */
  | {
      readonly type: "shrunk";
      readonly rows: number;
      readonly shape: string;
      /** `deterministic` asks for one number of rows, and it is another now. */
      readonly otherRounding: boolean;
    }
  /** Memory was too small for a run: the worker frees what it can before it tries again, and keeps less from now on. */
  | { readonly type: "economizing" }
  | { readonly type: "pong" }
  /** The last message of a job: this or `failed`. */
  | {
      readonly type: "done";
      readonly id: JobId;
      readonly image: RgbImage;
      readonly times: WorkerTimes;
      readonly warnings: readonly string[];
    }
  | { readonly type: "failed"; readonly id: JobId; readonly code: ErrorCode; readonly message: string };

export type MessageFromWorker<T extends FromWorker["type"]> = Extract<FromWorker, { readonly type: T }>;

const TO_WORKER = { open: true, run: true, cancel: true, ping: true } as const satisfies Record<
  ToWorker["type"],
  true
>;
const FROM_WORKER = {
  ready: true,
  fatal: true,
  started: true,
  began: true,
  ran: true,
  shrunk: true,
  economizing: true,
  pong: true,
  done: true,
  failed: true,
} as const satisfies Record<FromWorker["type"], true>;

/** Both ends are of one build, so the kind decides: the content was checked when the sender was compiled. */
export const isToWorker = (message: unknown): message is ToWorker => hasKindOf(message, TO_WORKER);
export const isFromWorker = (message: unknown): message is FromWorker => hasKindOf(message, FROM_WORKER);

function hasKindOf(message: unknown, kinds: object): boolean {
  return (
    typeof message === "object" &&
    message !== null &&
    "type" in message &&
    typeof message.type === "string" &&
    Object.hasOwn(kinds, message.type)
  );
}
