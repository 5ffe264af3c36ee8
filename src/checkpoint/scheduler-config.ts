/**
 * @file scheduler_config.json. A key that the file lacks stays absent: each scheduler class has its own defaults, and
 * swapping the scheduler keeps exactly what the file says.
 * Reference: diffusers `ConfigMixin` (configuration_utils.py) and the schedulers' constructors.
 */
import { z } from "zod";

/** Far above the 1000 of every published model; keeps a broken file from asking for gigabytes of betas. */
const MAX_TRAIN_TIMESTEPS = 100_000;
const beta = z.number().min(0).max(1);

const schedulerConfigSchema = z
  .object({
    _class_name: z.string(),
    num_train_timesteps: z.int().min(1).max(MAX_TRAIN_TIMESTEPS).nullish(),
    beta_start: beta.nullish(),
    beta_end: beta.nullish(),
    beta_schedule: z.enum(["linear", "scaled_linear", "squaredcos_cap_v2"]).nullish(),
    trained_betas: z.array(beta).nonempty().max(MAX_TRAIN_TIMESTEPS).nullish(),
    prediction_type: z.enum(["epsilon", "v_prediction", "sample"]).nullish(),
    timestep_spacing: z.enum(["leading", "trailing", "linspace"]).nullish(),
    steps_offset: z.int().min(0).max(MAX_TRAIN_TIMESTEPS).nullish(),
    set_alpha_to_one: z.boolean().nullish(),
    skip_prk_steps: z.boolean().nullish(),
    clip_sample: z.boolean().nullish(),
    clip_sample_range: z.number().positive().nullish(),
    thresholding: z.boolean().nullish(),
    rescale_betas_zero_snr: z.boolean().nullish(),
  })
  // A null is what the constructor gets without the key.
  .transform((file) => ({
    className: file._class_name,
    numTrainTimesteps: file.num_train_timesteps ?? undefined,
    betaStart: file.beta_start ?? undefined,
    betaEnd: file.beta_end ?? undefined,
    betaSchedule: file.beta_schedule ?? undefined,
    trainedBetas: file.trained_betas ?? undefined,
    predictionType: file.prediction_type ?? undefined,
    timestepSpacing: file.timestep_spacing ?? undefined,
    stepsOffset: file.steps_offset ?? undefined,
    setAlphaToOne: file.set_alpha_to_one ?? undefined,
    skipPrkSteps: file.skip_prk_steps ?? undefined,
    clipSample: file.clip_sample ?? undefined,
    clipSampleRange: file.clip_sample_range ?? undefined,
    thresholding: file.thresholding ?? undefined,
    rescaleBetasZeroSnr: file.rescale_betas_zero_snr ?? undefined,
  }));

export type SchedulerFile = z.output<typeof schedulerConfigSchema>;

export const parseSchedulerConfig = (file: unknown) => schedulerConfigSchema.safeParse(file);
