/**
 * @file Heun's method over sigmas (Karras et al. 2022, algorithm 1): every step but the last is evaluated at both ends.
 * Knows its own defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `HeunDiscreteScheduler` (schedulers/scheduling_heun_discrete.py), call for call.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import type { NoiseScheduler, PredictionType, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { boundSample, type SampleBounds, sampleBounds } from "../threshold-sample.js";
import {
  derivativeAtSigma,
  noiseToSigma,
  originalAtSigma,
  scaleToUnit,
  stepAlong,
} from "./k-diffusion-sample.js";
import { kDiffusionSchedule, SENSIBLE_DEFAULTS } from "./k-diffusion-schedule.js";
import { TwoCallCursor } from "./two-call-cursor.js";

export class HeunDiscreteScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;

  readonly #predictionType: PredictionType;
  readonly #bounds: SampleBounds;
  readonly #cursor: TwoCallCursor;
  /** Of the first of a step's two calls, until the second. */
  #firstCall: { readonly sample: Float32Array; readonly derivative: Float32Array } | undefined;

  /** Throws InpaintError INVALID_CHECKPOINT for what the reference's class refuses. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    this.#predictionType = config.predictionType ?? "epsilon";
    this.#bounds = sampleBounds({ ...config, thresholding: false }, false);
    const { timesteps, sigmas, initNoiseSigma } = kDiffusionSchedule(config, plan, {
      name: "HeunDiscrete",
      defaults: SENSIBLE_DEFAULTS,
      hasSigmaSchedules: true,
      limitsKarrasSigmas: true,
      hasEulerOptions: false,
    });
    this.#cursor = new TwoCallCursor(sigmas, plan.skippedSteps);
    const [first = Number.NaN, ...rest] = timesteps.map(Math.fround);
    this.timesteps = [first, ...rest.flatMap((timestep) => [timestep, timestep])].slice(this.#cursor.call);
    this.initNoiseSigma = initNoiseSigma;
  }

  scaleModelInput(sample: Latents): Latents {
    return scaleToUnit(sample, this.#cursor.sampleSigma);
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents): Latents {
    const { from, to, sampleSigma } = this.#cursor;
    const original = originalAtSigma(this.#predictionType, modelOutput.data, sample.data, sampleSigma);
    const derivative = derivativeAtSigma(boundSample(original, this.#bounds), sample.data, sampleSigma);
    const dSigma = Math.fround(to - from);
    const begun = this.#firstCall;
    this.#cursor.advance();
    if (!begun) {
      this.#firstCall = { sample: sample.data, derivative };
      return tensor(sample.shape, stepAlong(sample.data, derivative, dSigma));
    }
    this.#firstCall = undefined;
    const mean = begun.derivative.map((first, i) => Math.fround(first + (derivative[i] ?? 0)) / 2);
    return tensor(sample.shape, stepAlong(begun.sample, mean, dSigma));
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseToSigma(original, noise, this.#cursor.reached);
  }
}
