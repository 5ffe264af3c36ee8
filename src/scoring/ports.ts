/** @file What scoring needs of the outside: an image codec and something that runs jobs. */
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import type { JobTimes } from "../diffusion/stage-times.js";
import type { RgbImage } from "../tensor/rgb-image.js";

export interface ImageCodec {
  /**
   * Decode the first frame to 8-bit RGB (alpha dropped, EXIF orientation and ICC profiles ignored, as Pillow does).
   * Rejects with InpaintError INVALID_INPUT, whose message says what is wrong with the bytes, without naming a row.
   */
  decode(bytes: Uint8Array): Promise<RgbImage>;
  /** A PNG file, 8-bit RGB. */
  encodePng(image: RgbImage): Promise<Uint8Array>;
}

export interface JobResult {
  readonly image: RgbImage;
  readonly times: JobTimes;
  /** Sentences for the caller: a cut prompt, a stretched mask. */
  readonly warnings: readonly string[];
}

export interface JobRunner {
  /** Why no job with this schedule can run here, in a sentence for the caller. Undefined when none is known. */
  problemWith(job: Pick<InpaintJob, "numInferenceSteps" | "scheduler" | "strength">): string | undefined;
  /**
   * Run one job to its end. Rejects with InpaintError NOT_READY, QUEUE_FULL, WORKER_LOST, INFERENCE_FAILED,
   * NON_FINITE_OUTPUT, SHUTTING_DOWN, or CANCELLED once `signal` aborts.
   */
  run(job: InpaintJob, options: { readonly signal: AbortSignal }): Promise<JobResult>;
}
