/**
 * @file Linear multistep method over sigmas. Knows its own defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `LMSDiscreteScheduler` (schedulers/scheduling_lms_discrete.py), call for call.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { type Term, weightedSum } from "../latent-arithmetic.js";
import type { NoiseScheduler, PredictionType, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import {
  derivativeAtSigma,
  noiseToSigma,
  originalAtSigma,
  scaleToUnit,
  stepAlong,
} from "./k-diffusion-sample.js";
import { kDiffusionSchedule } from "./k-diffusion-schedule.js";
import { lmsCoefficients } from "./lms-coefficients.js";

const NAME = "LMSDiscrete";
/** The most derivatives that a step looks back on; the inpaint pipeline leaves the reference's default. */
const ORDER = 4;

export class LmsDiscreteScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;

  readonly #predictionType: PredictionType;
  readonly #sigmas: Float32Array;
  /** The newest first, at most ORDER. */
  #derivatives: readonly Float32Array[] = [];
  /** Of the step to be made, in the whole schedule. */
  #index: number;

  /** Throws InpaintError INVALID_CHECKPOINT for what the reference's class refuses, and for equal sigmas. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    this.#predictionType = config.predictionType ?? "epsilon";
    const { timesteps, sigmas, initNoiseSigma } = kDiffusionSchedule(config, plan, {
      name: NAME,
      hasSigmaSchedules: true,
      limitsKarrasSigmas: false,
      hasEulerOptions: false,
    });
    if (sigmas.some((sigma, i) => sigma === sigmas[i + 1])) {
      throw refusal(NAME, "needs sigmas that differ, and two in a row are equal; ask for fewer steps");
    }
    this.timesteps = timesteps.map(Math.fround).slice(plan.skippedSteps);
    this.initNoiseSigma = initNoiseSigma;
    this.#sigmas = sigmas;
    this.#index = plan.skippedSteps;
  }

  scaleModelInput(sample: Latents): Latents {
    return scaleToUnit(sample, this.#sigma());
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents): Latents {
    const sigma = this.#sigma();
    const original = originalAtSigma(this.#predictionType, modelOutput.data, sample.data, sigma);
    const derivative = derivativeAtSigma(original, sample.data, sigma);
    this.#derivatives = [derivative, ...this.#derivatives.slice(0, ORDER - 1)];
    // counted in the whole schedule: after a cut by strength the order is that of steps which were never made
    const coefficients = lmsCoefficients(this.#sigmas, this.#index, Math.min(this.#index + 1, ORDER));
    const change = weightedSum(
      this.#derivatives.map((past, i): Term => [coefficients[i] ?? Number.NaN, past]),
    );
    this.#index += 1;
    return tensor(sample.shape, stepAlong(sample.data, change, 1));
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseToSigma(original, noise, this.#sigma());
  }

  #sigma(): number {
    return this.#sigmas[this.#index] ?? Number.NaN;
  }
}
