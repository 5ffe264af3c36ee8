/**
 * @file DPM-Solver-2 with ancestral sampling: two calls a step, which goes further down than it ends and adds noise.
 * Knows its own defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `KDPM2AncestralDiscreteScheduler` (schedulers/scheduling_k_dpm_2_ancestral_discrete.py), call for
 * call.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import type {
  NoiseScheduler,
  NoiseSource,
  PredictionType,
  SchedulePlan,
  SchedulerConfig,
} from "../noise-scheduler.js";
import { expectNoSamplePrediction } from "../refusal.js";
import { type AncestralSigmas, ancestralSigmas } from "./ancestral-sigmas.js";
import {
  derivativeAtSigma,
  noiseToSigma,
  originalAtSigma,
  scaleToUnit,
  stepAlong,
} from "./k-diffusion-sample.js";
import { kDiffusionSchedule, SENSIBLE_DEFAULTS } from "./k-diffusion-schedule.js";
import { interleaveMidpoints, midpointSigma } from "./k-dpm-2-schedule.js";
import { TwoCallCursor } from "./two-call-cursor.js";

const NAME = "KDPM2AncestralDiscrete";

export class KDpm2AncestralDiscreteScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;

  readonly #predictionType: PredictionType;
  readonly #cursor: TwoCallCursor;
  readonly #steps: readonly AncestralSigmas[];
  /** One per step; of the last, which has no second call, the 0 that it leads to. */
  readonly #midpoints: readonly number[];
  /** The sample of the first of a step's two calls, until the second. */
  #stepSample: Float32Array | undefined;

  /** Throws InpaintError INVALID_CHECKPOINT for what the reference's class refuses. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    this.#predictionType = expectNoSamplePrediction(NAME, config.predictionType ?? "epsilon");
    const { timesteps, sigmas, logSigmas, initNoiseSigma } = kDiffusionSchedule(config, plan, {
      name: NAME,
      defaults: SENSIBLE_DEFAULTS,
      hasSigmaSchedules: true,
      limitsKarrasSigmas: true,
      hasEulerOptions: false,
    });
    this.#cursor = new TwoCallCursor(sigmas, plan.skippedSteps);
    this.#steps = ancestralSigmas(NAME, sigmas);
    this.#midpoints = this.#steps.map(({ down }, i) => midpointSigma(sigmas[i] ?? Number.NaN, down));
    this.timesteps = interleaveMidpoints(config, timesteps, this.#midpoints, logSigmas).slice(
      this.#cursor.call,
    );
    this.initNoiseSigma = initNoiseSigma;
  }

  scaleModelInput(sample: Latents): Latents {
    return scaleToUnit(sample, this.#sampleSigma());
  }

  /** Noise is drawn by the second call of a step; the last step has none. */
  step(modelOutput: Latents, _timestep: number, sample: Latents, source: NoiseSource): Latents {
    const sigma = this.#sampleSigma();
    const original = originalAtSigma(this.#predictionType, modelOutput.data, sample.data, sigma);
    const derivative = derivativeAtSigma(original, sample.data, sigma);
    const { from, step } = this.#cursor;
    const { up = 0, down = 0 } = this.#steps[step] ?? {};
    const begun = this.#stepSample;
    const end = begun ? down : this.#midpoint();
    const moved: Latents = tensor(sample.shape, stepAlong(begun ?? sample.data, derivative, end - from));
    this.#stepSample = begun ? undefined : sample.data;
    this.#cursor.advance();
    if (!begun) return moved;
    return noiseToSigma(moved, tensor(sample.shape, source.randn(sample.data.length)), up);
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseToSigma(original, noise, this.#cursor.reached);
  }

  #sampleSigma(): number {
    return this.#cursor.isFirstCall ? this.#cursor.from : this.#midpoint();
  }

  #midpoint(): number {
    return this.#midpoints[this.#cursor.step] ?? Number.NaN;
  }
}
