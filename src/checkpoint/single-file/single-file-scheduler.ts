/**
 * @file The noise scheduler of a checkpoint that names none: the one in the repository that the reference takes for the
 * same family (`DIFFUSERS_DEFAULT_PIPELINE_PATHS`, loaders/single_file_utils.py).
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import { parseSchedulerConfig, type SchedulerFile } from "../config/scheduler-config.js";
import { schemaProblems } from "../files/schema-problems.js";
import type { OriginalConfig } from "./original-config.js";

export interface Family {
  /** 1 with CLIP's text encoder, 2 with OpenCLIP's. */
  readonly generation: 1 | 2;
  /** 9 in an inpainting model, 4 in one that makes whole images. */
  readonly inChannels: number;
}

/** Stable Diffusion 2.1 was trained on images of 768 pixels with v-prediction; every other one on 512. */
const V_PREDICTION_PIXELS = 768;
const PIXELS = 512;

/** Width and height in pixels that the model was trained on. */
export const nativePixels = ({ generation, inChannels }: Family, predictionType: string): number =>
  generation === 2 && inChannels === 4 && predictionType === "v_prediction" ? V_PREDICTION_PIXELS : PIXELS;

/** `stable-diffusion-inpainting` and `stable-diffusion-2-1` come with DDIM, the other two with PNDM. */
const classOf = ({ generation, inChannels }: Family): string =>
  (generation === 1) === (inChannels === 9) ? "DDIMScheduler" : "PNDMScheduler";

/** Throws INVALID_CHECKPOINT naming the sidecar when its numbers make no schedule. */
export function singleFileScheduler(
  family: Family,
  predictionType: NonNullable<SchedulerFile["predictionType"]>,
  original: OriginalConfig | undefined,
): SchedulerFile {
  const result = parseSchedulerConfig({
    _class_name: classOf(family),
    beta_start: original?.betaStart ?? 0.00085,
    beta_end: original?.betaEnd ?? 0.012,
    beta_schedule: "scaled_linear",
    num_train_timesteps: original?.trainTimesteps ?? 1000,
    prediction_type: predictionType,
    clip_sample: false,
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
  });
  if (result.success) return result.data;
  const where = original?.path ?? "the scheduler";
  throw new InpaintError("INVALID_CHECKPOINT", `${where}: ${schemaProblems(result.error)}`);
}
