/**
 * @file What a noise scheduler is to the denoising loop, and what a checkpoint says about one.
 * Knows no particular scheduler.
 */
import type { Latents } from "../networks.js";

/** What the UNet was trained to predict. */
export type PredictionType = "epsilon" | "v_prediction" | "sample";

export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2";

export type TimestepSpacing = "leading" | "trailing" | "linspace";

/**
 * The keys that stand in the checkpoint's `scheduler_config.json`, in camelCase. An absent key is absent here too:
 * each scheduler class fills in its own default, which is what makes a swap of schedulers equal the reference's.
 */
export interface SchedulerConfig {
  /** `_class_name` as the file has it, e.g. "PNDMScheduler"; may be a class that is not served here. */
  readonly className: string;
  readonly numTrainTimesteps?: number | undefined;
  readonly betaStart?: number | undefined;
  readonly betaEnd?: number | undefined;
  readonly betaSchedule?: BetaSchedule | undefined;
  /** Betas given one by one; they replace the three keys above. */
  readonly trainedBetas?: readonly number[] | undefined;
  readonly predictionType?: PredictionType | undefined;
  readonly timestepSpacing?: TimestepSpacing | undefined;
  readonly stepsOffset?: number | undefined;
  readonly setAlphaToOne?: boolean | undefined;
  /** PNDM only: leave out the Runge-Kutta warm-up. */
  readonly skipPrkSteps?: boolean | undefined;
  /** DDIM only, like the four below. */
  readonly clipSample?: boolean | undefined;
  readonly clipSampleRange?: number | undefined;
  readonly thresholding?: boolean | undefined;
  readonly rescaleBetasZeroSnr?: boolean | undefined;
}

/** One schedule under way. Stateful: serves one job, and its `step` is called once per timestep, in order. */
export interface NoiseScheduler {
  /** One timestep per UNet call, in call order; a multistep method may name one twice. */
  readonly timesteps: readonly number[];
  /** Standard deviation of the latents that a schedule starts from. */
  readonly initNoiseSigma: number;
  /** The sample as the UNet wants to see it at `timestep`. May return `sample` itself. */
  scaleModelInput(sample: Latents, timestep: number): Latents;
  /**
   * The sample one step less noisy. `modelOutput` is kept for later steps, so the caller must not write to it
   * afterwards; the result is a fresh tensor. Neither argument is changed.
   */
  step(modelOutput: Latents, timestep: number, sample: Latents): Latents;
}
