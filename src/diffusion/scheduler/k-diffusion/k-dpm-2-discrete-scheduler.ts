/**
 * @file DPM-Solver-2 over sigmas as in k-diffusion: a call at the step's beginning and one at its midpoint. Knows its own
 * defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `KDPM2DiscreteScheduler` (schedulers/scheduling_k_dpm_2_discrete.py), call for call.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import type { NoiseScheduler, PredictionType, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { expectNoSamplePrediction } from "../refusal.js";
import {
  derivativeAtSigma,
  noiseToSigma,
  originalAtSigma,
  scaleToUnit,
  stepAlong,
} from "./k-diffusion-sample.js";
import { kDpm2Schedule, midpointSigma } from "./k-dpm-2-schedule.js";
import type { TwoCallCursor } from "./two-call-cursor.js";

const NAME = "KDPM2Discrete";

export class KDpm2DiscreteScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;

  readonly #predictionType: PredictionType;
  readonly #cursor: TwoCallCursor;
  /** The sample of the first of a step's two calls, until the second. */
  #stepSample: Float32Array | undefined;

  /** Throws InpaintError INVALID_CHECKPOINT for what the reference's class refuses. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    this.#predictionType = expectNoSamplePrediction(NAME, config.predictionType ?? "epsilon");
    const { timesteps, initNoiseSigma, cursor } = kDpm2Schedule(NAME, config, plan, (sigmas) =>
      Array.from(sigmas.subarray(1), (to, i) => midpointSigma(to, sigmas[i] ?? Number.NaN)),
    );
    this.timesteps = timesteps;
    this.initNoiseSigma = initNoiseSigma;
    this.#cursor = cursor;
  }

  scaleModelInput(sample: Latents): Latents {
    return scaleToUnit(sample, this.#cursor.sampleSigma);
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents): Latents {
    const { from, to, sampleSigma, secondSigma } = this.#cursor;
    const original = originalAtSigma(this.#predictionType, modelOutput.data, sample.data, sampleSigma);
    const derivative = derivativeAtSigma(original, sample.data, sampleSigma);
    const begun = this.#stepSample;
    const end = begun ? to : secondSigma;
    this.#stepSample = begun ? undefined : sample.data;
    this.#cursor.advance();
    return tensor(sample.shape, stepAlong(begun ?? sample.data, derivative, end - from));
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseToSigma(original, noise, this.#cursor.reached);
  }
}
