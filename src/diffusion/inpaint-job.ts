/** @file What one job asks for: a row of a request as the engine and the pipeline see it. */
import type { RgbImage } from "../tensor/rgb-image.js";

/** Noise schedulers by their diffusers names, without the suffix `Scheduler`. */
export const SCHEDULER_NAMES = [
  "PNDM",
  "DDIM",
  "DDPM",
  "LMSDiscrete",
  "EulerDiscrete",
  "EulerAncestralDiscrete",
  "HeunDiscrete",
  "DPMSolverMultistep",
  "UniPCMultistep",
  "LCM",
  "DPMSolverSinglestep",
  "KDPM2Discrete",
  "KDPM2AncestralDiscrete",
  "DEISMultistep",
] as const;
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

export interface InpaintJob {
  readonly prompt: string;
  /** "" asks for the reference's default, the empty prompt. */
  readonly negativePrompt: string;
  /** Any size: stretched to the size that is computed, as the reference does. */
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
  /** The share of the schedule that is run, 0 … 1: 1 starts from pure noise, less starts from the noised image. */
  readonly strength: number;
  /** DDIM's η, 0 … 1; schedulers without it ignore it, as the reference does. */
  readonly eta: number;
  /** Size of the result in pixels, ≥ 1; absent: the model's own. Computed at the next multiple of 8. */
  readonly height?: number;
  readonly width?: number;
  /** Text-encoder layers to leave out at the end, ≥ 1, for the positive prompt only. Absent or 0: none. */
  readonly clipSkip?: number;
  /** Repaint only the mask's bounding box and this many pixels around it, at the model's size; then paste back. */
  readonly paddingMaskCrop?: number;
  /** Standard deviation in pixels of the Gaussian that the mask is blurred with before it is thresholded; 0: none. */
  readonly maskBlur: number;
  /** Black is repainted instead of white. */
  readonly invertMask: boolean;
  /** True: pixels outside the mask are the input's own. False: the reference's raw output. */
  readonly preserveUnmasked: boolean;
  /** Width in pixels, ≥ 0, of the ramp inside the mask over which preserved pixels fade into painted ones. */
  readonly maskFeather: number;
}

/** What of a job can be judged before its texts and images are looked at. */
export type JobPlan = Omit<InpaintJob, "prompt" | "negativePrompt" | "image" | "maskImage" | "seed">;
