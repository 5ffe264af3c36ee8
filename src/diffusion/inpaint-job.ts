/** @file What one job asks for: a row of a request as the engine and the pipeline see it. */
import type { RgbImage } from "../tensor/rgb-image.js";

/** Noise schedulers by their diffusers names, without the suffix `Scheduler`. */
export const SCHEDULER_NAMES = ["PNDM", "DDIM"] as const;
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

export interface InpaintJob {
  readonly prompt: string;
  /** "" asks for the reference's default, the empty prompt. */
  readonly negativePrompt: string;
  /** Any size: stretched to the model's own size, as the reference does. */
  readonly image: RgbImage;
  /** White is repainted. Any size: stretched like the image. */
  readonly maskImage: RgbImage;
  /** Schedule length n ≥ 1; PNDM makes n + 1 UNet calls for n > 1. */
  readonly numInferenceSteps: number;
  /** Classifier-free guidance is on when > 1. */
  readonly guidanceScale: number;
  /** Integer 0 … 2^53 − 1; torch's CPU generator uses its low 32 bits. */
  readonly seed: number;
  /** Absent: the checkpoint's own scheduler. */
  readonly scheduler?: SchedulerName;
  /** True: pixels outside the mask are the input's own. False: the reference's raw output. */
  readonly preserveUnmasked: boolean;
}
