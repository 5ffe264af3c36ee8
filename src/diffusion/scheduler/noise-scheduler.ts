/**
 * @file What a noise scheduler is to the denoising loop, and what a checkpoint says about one.
 * Knows no particular scheduler.
 */
import type { Latents } from "../networks.js";

/** What the UNet was trained to predict. */
export type PredictionType = "epsilon" | "v_prediction" | "sample";

/** Betas by formula. DDPM alone knows `sigmoid` and `laplace`, HeunDiscrete alone `exp`. */
export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2" | "sigmoid" | "laplace" | "exp";

export type TimestepSpacing = "leading" | "trailing" | "linspace";

/** DDPM's variance; the DPM solvers know the two learned ones, as what they cannot do. */
export type VarianceType =
  | "fixed_small"
  | "fixed_small_log"
  | "fixed_large"
  | "fixed_large_log"
  | "learned"
  | "learned_range";

export type AlgorithmType = "dpmsolver" | "dpmsolver++" | "sde-dpmsolver" | "sde-dpmsolver++" | "deis";

export type SolverType = "midpoint" | "heun" | "logrho" | "bh1" | "bh2";

/**
 * The keys that stand in the checkpoint's `scheduler_config.json`, in camelCase. An absent key is absent here too:
 * each scheduler class fills in its own default, which is what makes a swap of schedulers equal the reference's.
 * A class reads the keys that its reference's constructor has, and no others.
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
  readonly rescaleBetasZeroSnr?: boolean | undefined;
  readonly predictionType?: PredictionType | undefined;
  readonly timestepSpacing?: TimestepSpacing | undefined;
  readonly stepsOffset?: number | undefined;
  readonly setAlphaToOne?: boolean | undefined;
  /** PNDM: leave out the Runge-Kutta warm-up. */
  readonly skipPrkSteps?: boolean | undefined;
  /** Keep the predicted clean sample within ± `clipSampleRange`. */
  readonly clipSample?: boolean | undefined;
  readonly clipSampleRange?: number | undefined;
  /** Dynamic thresholding of the predicted clean sample; takes the place of clipping. */
  readonly thresholding?: boolean | undefined;
  readonly dynamicThresholdingRatio?: number | undefined;
  readonly sampleMaxValue?: number | undefined;
  /** At most one of the first four may be true. */
  readonly useKarrasSigmas?: boolean | undefined;
  readonly useExponentialSigmas?: boolean | undefined;
  readonly useBetaSigmas?: boolean | undefined;
  readonly useLuLambdas?: boolean | undefined;
  /** For flow-matching models, which this pipeline does not serve. */
  readonly useFlowSigmas?: boolean | undefined;
  readonly useDynamicShifting?: boolean | undefined;
  readonly sigmaMin?: number | undefined;
  readonly sigmaMax?: number | undefined;
  readonly finalSigmasType?: "zero" | "sigma_min" | undefined;
  /** EulerDiscrete: how sigmas between two training timesteps are found. */
  readonly interpolationType?: "linear" | "log_linear" | undefined;
  /** EulerDiscrete: `continuous` gives the model ln(sigma)/4 instead of a training timestep. */
  readonly timestepType?: "discrete" | "continuous" | undefined;
  readonly varianceType?: VarianceType | undefined;
  /** LCM: length of the schedule that the model was distilled on. */
  readonly originalInferenceSteps?: number | undefined;
  /** LCM: what timesteps are multiplied by in the boundary condition. */
  readonly timestepScaling?: number | undefined;
  readonly algorithmType?: AlgorithmType | undefined;
  readonly solverOrder?: number | undefined;
  readonly solverType?: SolverType | undefined;
  readonly lowerOrderFinal?: boolean | undefined;
  readonly eulerAtFinal?: boolean | undefined;
  /** May be -Infinity. */
  readonly lambdaMinClipped?: number | undefined;
  /** UniPCMultistep: predict the clean sample instead of the noise. */
  readonly predictX0?: boolean | undefined;
  /** UniPCMultistep: indices of steps that are not corrected. */
  readonly disableCorrector?: readonly number[] | undefined;
  /** UniPCMultistep: the config names another scheduler as predictor. */
  readonly hasSolverP?: boolean | undefined;
}

/** Where a schedule draws its noise; one job has one source, whose draws are in the reference's order. */
export interface NoiseSource {
  /** The next `count` standard normals. */
  randn(count: number): Float32Array;
}

/** What one job asks of its schedule. */
export interface SchedulePlan {
  /** n, 1 … num_train_timesteps. */
  readonly numInferenceSteps: number;
  /** Steps left out at the beginning because strength is below 1: 0 … n − 1. */
  readonly skippedSteps: number;
  /** DDIM's η, 0 … 1. */
  readonly eta: number;
}

/** One schedule under way. Stateful: serves one job, and its `step` is called once per timestep, in order. */
export interface NoiseScheduler {
  /** One per UNet call still to be made, in call order; a method of order 2 or more may name one twice. */
  readonly timesteps: readonly number[];
  /** Standard deviation of the latents that a schedule starts from at strength 1. */
  readonly initNoiseSigma: number;
  /** The sample as the UNet wants to see it at `timestep`. May return `sample` itself. */
  scaleModelInput(sample: Latents, timestep: number): Latents;
  /**
   * The sample one step less noisy. `modelOutput` is kept for later steps, so the caller must not write to it
   * afterwards; the result is a fresh tensor. No argument is changed, but a class that adds noise draws it from
   * `noise` where the reference does.
   */
  step(modelOutput: Latents, timestep: number, sample: Latents, noise: NoiseSource): Latents;
  /**
   * `original` at the noise level where the schedule now stands: before the first step that of the first timestep,
   * after a step that of the next. Classes without sigmas look the level up by `timestep`. Not after the last step.
   */
  addNoise(original: Latents, noise: Latents, timestep: number): Latents;
}
