/** @file What scoring needs of the outside: an image codec, something that runs jobs, and where it may, images by URL. */
import type { InpaintJob, JobPlan } from "../diffusion/inpaint-job.js";
import type { ModelGeometry } from "../diffusion/job-sizes.js";
import type { JobTimes } from "../diffusion/stage-times.js";
import type { TraceSpan } from "../observability/tracing.js";
import type { RgbImage } from "../tensor/rgb-image.js";

export interface DecodeOptions {
  /** Turn the image as its EXIF orientation says; its edges may change places. */
  readonly exifTranspose: boolean;
  /** Called with a sentence about the image, without naming a row. */
  onWarning(warning: string): void;
}

/** `quality` is 1 … 100; 100 makes a WebP lossless. */
export type EncodeOptions =
  | { readonly format: "png" }
  | { readonly format: "jpeg" | "webp"; readonly quality: number };

export interface ImageCodec {
  /** Width × height as the header says, no pixel decoded; undefined for what `decode` rejects. */
  countPixels(bytes: Uint8Array): Promise<number | undefined>;
  /**
   * Decode the first frame to 8-bit RGB (alpha dropped, ICC profiles ignored, as Pillow does). Rejects with
   * InpaintError INVALID_INPUT, whose message says what is wrong with the bytes, without naming a row.
   */
  decode(bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage>;
  /** An image file, 8-bit RGB, without metadata. */
  encode(image: RgbImage, options: EncodeOptions): Promise<Uint8Array>;
}

/** The images that one request names by URL. */
export interface RequestImages {
  /**
   * The file at `url`. Rejects with InpaintError INVALID_INPUT, whose message names no row; QUEUE_FULL when there is no
   * memory for it; or CANCELLED once `signal` aborts.
   */
  fetch(url: string, signal: AbortSignal): Promise<Uint8Array>;
  /** No file is in use any more. Idempotent. */
  release(): void;
}

export interface ImageSource {
  /** For one request; `release` must follow. */
  open(): RequestImages;
}

export interface JobResult {
  readonly image: RgbImage;
  readonly times: JobTimes;
  /** Sentences for the caller: a cut prompt, a stretched mask. */
  readonly warnings: readonly string[];
}

/** `batch` jobs give way to `online` ones. */
export const PRIORITIES = ["online", "batch"] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface JobProgress {
  /** UNet calls made, 1 … `calls`. */
  readonly call: number;
  /** UNet calls that the job makes in all. */
  readonly calls: number;
  /** A rough picture of what the latents hold now; any size. */
  readonly preview?: RgbImage;
}

/** Is told where a job stands, after every UNet call: what it does must be cheap, and must not throw. */
export interface JobObserver {
  /** `position` ≥ 1; 1 is the next to begin. `waitMs`: the estimate until it does, where there is one. */
  onQueued?(position: number, waitMs: number | undefined): void;
  onProgress?(progress: JobProgress): void;
  /** What ran it has ended: it waits again, and its calls count from 1 again. */
  onRestarted?(): void;
}

export interface ReserveOptions {
  readonly signal: AbortSignal;
  /** When the answer is of no use any more, by `performance.now()`. */
  readonly deadlineMs: number;
  readonly priority: Priority;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly observer?: JobObserver;
  /** Whether the observer wants previews. */
  readonly previews?: boolean;
  /** What the job is a part of. Absent: it is not traced. */
  readonly trace?: TraceSpan;
}

/** A reservation for the jobs of one request. */
export interface Permit {
  /**
   * Run the job of plan `index`, once, to its end. Rejects with InpaintError NOT_READY, INVALID_INPUT, WORKER_LOST,
   * INFERENCE_FAILED, NON_FINITE_OUTPUT, SHUTTING_DOWN, or CANCELLED once `signal` aborts.
   */
  run(index: number, job: InpaintJob, options: RunOptions): Promise<JobResult>;
  /** Gives back what was not used. Idempotent. */
  release(): void;
}

export interface JobRunner {
  /** Of the model that could run a job now; undefined while none could. */
  readonly geometry: ModelGeometry | undefined;
  /**
   * Every reason why no job with this plan can run here, a sentence for the caller each: a schedule that the checkpoint
   * refuses, more layers to skip than it has, an image too large. None when nothing is known against it.
   */
  problemsWith(plan: JobPlan): readonly string[];
  /**
   * Places for all of `plans` or none, taken before any image is decoded; `release` must follow. No plans ask only
   * whether there is room for more work. Throws InpaintError NOT_READY, SHUTTING_DOWN, QUEUE_FULL, or CANCELLED.
   */
  reserve(plans: readonly JobPlan[], options: ReserveOptions): Permit;
}

/** Azure AI Content Safety's names. */
export type HarmCategory = "Hate" | "SelfHarm" | "Sexual" | "Violence";

/** What a screening says of one text or image. */
export type Verdict =
  | { readonly kind: "allowed" }
  /** `severity` 0 … 7: the largest of those over their thresholds, and its category; of a blocklist's hit, none. */
  | {
      readonly kind: "blocked";
      readonly category: HarmCategory | "Blocklist";
      readonly severity: number | undefined;
    }
  /** It could not be screened, and the operator lets it pass then. */
  | { readonly kind: "unscreened" };

/**
 * Asks whether content may be used. Rejects with InpaintError SCREENING_UNAVAILABLE when there is no verdict in time, or
 * CANCELLED once `signal` aborts.
 */
export interface Screener {
  screenText(text: string, signal: AbortSignal): Promise<Verdict>;
  screenImage(image: RgbImage, signal: AbortSignal): Promise<Verdict>;
}
