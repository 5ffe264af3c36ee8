/** @file What scoring needs of the outside: an image codec and something that runs jobs. */
import type { InpaintJob, JobPlan } from "../diffusion/inpaint-job.js";
import type { JobTimes } from "../diffusion/stage-times.js";
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
  /**
   * Decode the first frame to 8-bit RGB (alpha dropped, ICC profiles ignored, as Pillow does). Rejects with
   * InpaintError INVALID_INPUT, whose message says what is wrong with the bytes, without naming a row.
   */
  decode(bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage>;
  /** An image file, 8-bit RGB, without metadata. */
  encode(image: RgbImage, options: EncodeOptions): Promise<Uint8Array>;
}

export interface JobResult {
  readonly image: RgbImage;
  readonly times: JobTimes;
  /** Sentences for the caller: a cut prompt, a stretched mask. */
  readonly warnings: readonly string[];
}

export interface JobRunner {
  /**
   * Every reason why no job with this plan can run here, a sentence for the caller each: a schedule that the checkpoint
   * refuses, more layers to skip than it has, an image too large. None when nothing is known against it.
   */
  problemsWith(plan: JobPlan): readonly string[];
  /**
   * Run one job to its end. Rejects with InpaintError NOT_READY, QUEUE_FULL, WORKER_LOST, INFERENCE_FAILED,
   * NON_FINITE_OUTPUT, SHUTTING_DOWN, or CANCELLED once `signal` aborts.
   */
  run(job: InpaintJob, options: { readonly signal: AbortSignal }): Promise<JobResult>;
}
