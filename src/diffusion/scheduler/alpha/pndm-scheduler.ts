/**
 * @file Pseudo numerical method for diffusion models (Liu et al. 2022): Runge–Kutta warm-up where it is not
 * skipped, then linear multistep. Knows its own defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `PNDMScheduler` (schedulers/scheduling_pndm.py), call for call.
 */
import { InpaintError } from "../../../errors/inpaint-error.js";
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import type { NoiseScheduler, PredictionType, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { expectNoSamplePrediction } from "../refusal.js";
import { spacedTimesteps } from "../spaced-timesteps.js";
import { varianceSchedule } from "../variance-schedule.js";
import { AlphaTable } from "./alpha-table.js";
import { combineHistory, MULTISTEP_ORDER } from "./linear-multistep.js";

/** A Runge–Kutta step is four calls; three of them fill the history that the multistep method starts from. */
const PRK_STAGES = 4;
const PRK_STEPS = 3;

export class PndmScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #alphas: AlphaTable;
  readonly #predictionType: Exclude<PredictionType, "sample">;
  /** Training timesteps between two steps. */
  readonly #stride: number;
  /** Of the whole schedule: a strength below 1 leaves calls out, but the warm-up still counts its own from 0. */
  readonly #prkTimesteps: readonly number[];
  #counter = 0;
  /** Past model outputs, the newest last, at most MULTISTEP_ORDER. */
  #history: Float32Array[] = [];
  /** The sample at which the step that takes several calls began. */
  #stepSample: Float32Array | undefined;
  /** What the stages of the Runge–Kutta step under way add up to so far. */
  #stageSum: Float32Array | undefined;

  /**
   * Throws InpaintError INVALID_INPUT when no schedule of so many steps can be made of `config`, INVALID_CHECKPOINT
   * for a prediction type or beta schedule that the class does not have.
   */
  constructor(config: SchedulerConfig, { numInferenceSteps, skippedSteps }: SchedulePlan) {
    const numTrainTimesteps = config.numTrainTimesteps ?? 1000;
    this.#predictionType = expectNoSamplePrediction("PNDM", config.predictionType ?? "epsilon");
    this.#stride = Math.floor(numTrainTimesteps / numInferenceSteps);
    this.#alphas = new AlphaTable({
      ...varianceSchedule("PNDM", config),
      setAlphaToOne: config.setAlphaToOne ?? false,
    });
    const rising = spacedTimesteps(
      {
        numTrainTimesteps,
        timestepSpacing: config.timestepSpacing ?? "leading",
        stepsOffset: config.stepsOffset ?? 0,
      },
      numInferenceSteps,
    );
    const prkTimesteps = config.skipPrkSteps ? [] : warmUpTimesteps(rising, Math.floor(this.#stride / 2));
    const plmsTimesteps = config.skipPrkSteps
      ? // the second timestep comes twice: first to correct the step that led to it, then for its own step
        [...rising.slice(0, -1), ...rising.slice(-2, -1), ...rising.slice(-1)].toReversed()
      : rising.slice(0, -PRK_STEPS).toReversed();
    this.#prkTimesteps = prkTimesteps;
    this.timesteps = [...prkTimesteps, ...plmsTimesteps].slice(skippedSteps);
    this.#alphas.expectCovers(this.timesteps);
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  step(modelOutput: Latents, timestep: number, sample: Latents): Latents {
    const inWarmUp = this.#counter < this.#prkTimesteps.length;
    const data = inWarmUp
      ? this.#stepPrk(modelOutput.data, timestep, sample.data)
      : this.#stepPlms(modelOutput.data, timestep, sample.data);
    this.#counter += 1;
    return tensor(sample.shape, data);
  }

  addNoise(original: Latents, noise: Latents, timestep: number): Latents {
    return this.#alphas.addNoise(original, noise, timestep);
  }

  /** One of the four calls of a Runge–Kutta step; every call restarts from the step's first sample. */
  #stepPrk(modelOutput: Float32Array, timestep: number, sample: Float32Array): Float32Array {
    const stage = this.#counter % PRK_STAGES;
    const previous = timestep - (this.#counter % 2 === 1 ? 0 : Math.floor(this.#stride / 2));
    const from = this.#prkTimesteps[this.#counter - stage] ?? timestep;
    let direction = modelOutput;
    if (stage === 0) {
      this.#history.push(modelOutput);
      this.#stepSample = sample;
      this.#stageSum = addScaled(undefined, 1 / 6, modelOutput);
    } else if (stage < PRK_STAGES - 1) {
      this.#stageSum = addScaled(this.#stageSum, 1 / 3, modelOutput);
    } else {
      direction = addScaled(this.#stageSum, 1 / 6, modelOutput);
      this.#stageSum = undefined;
    }
    return this.#previousSample(this.#stepSample ?? sample, from, previous, direction);
  }

  #stepPlms(modelOutput: Float32Array, timestep: number, sample: Float32Array): Float32Array {
    if (this.#counter === 1) {
      // Second look at the first step: average the two outputs and start again from the first sample.
      const [first = modelOutput] = this.#history;
      const start = this.#stepSample ?? sample;
      this.#stepSample = undefined;
      return this.#previousSample(start, timestep + this.#stride, timestep, average(modelOutput, first));
    }
    if (this.#counter === 0) this.#stepSample = sample;
    this.#history = [...this.#history.slice(1 - MULTISTEP_ORDER), modelOutput];
    return this.#previousSample(sample, timestep, timestep - this.#stride, combineHistory(this.#history));
  }

  /** Formula (9) of the paper, float32 after every operation. */
  #previousSample(
    sample: Float32Array,
    timestep: number,
    previousTimestep: number,
    modelOutput: Float32Array,
  ): Float32Array {
    const round = Math.fround;
    const alpha = this.#alphas.at(timestep);
    const previousAlpha = this.#alphas.before(previousTimestep);
    const beta = round(1 - alpha);
    const previousBeta = round(1 - previousAlpha);
    const rootAlpha = round(Math.sqrt(alpha));
    const rootBeta = round(Math.sqrt(beta));
    const sampleCoefficient = round(Math.sqrt(round(previousAlpha / alpha)));
    const outputCoefficient = round(previousAlpha - alpha);
    const denominator = round(
      round(alpha * round(Math.sqrt(previousBeta))) +
        round(Math.sqrt(round(round(alpha * beta) * previousAlpha))),
    );
    const isVelocity = this.#predictionType === "v_prediction";
    const out = new Float32Array(sample.length);
    for (let i = 0; i < out.length; i++) {
      const x = sample[i] ?? 0;
      const output = modelOutput[i] ?? 0;
      const noise = isVelocity ? round(round(rootAlpha * output) + round(rootBeta * x)) : output;
      out[i] = round(sampleCoefficient * x) - round(round(outputCoefficient * noise) / denominator);
    }
    return out;
  }
}

/** The last four steps, each with the point half a stride on, in the order in which Runge–Kutta visits them. */
function warmUpTimesteps(rising: readonly number[], halfStride: number): number[] {
  const last = rising.slice(-PRK_STAGES);
  if (last.length < PRK_STAGES) {
    throw new InpaintError(
      "INVALID_INPUT",
      `num_inference_steps is ${rising.length}, but scheduler PNDM with its Runge-Kutta steps needs at least ${PRK_STAGES}`,
    );
  }
  const withMidpoints = last.flatMap((t) => [t, t + halfStride]);
  return withMidpoints
    .slice(0, -1)
    .flatMap((t) => [t, t])
    .slice(1, -1)
    .toReversed();
}

/** `sum + factor · x`, or `factor · x` where there is no sum yet. */
function addScaled(sum: Float32Array | undefined, factor: number, x: Float32Array): Float32Array {
  const scale = Math.fround(factor);
  const out = new Float32Array(x.length);
  for (let i = 0; i < out.length; i++) {
    const scaled = Math.fround(scale * (x[i] ?? 0));
    out[i] = sum ? (sum[i] ?? 0) + scaled : scaled;
  }
  return out;
}

function average(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.fround((a[i] ?? 0) + (b[i] ?? 0)) / 2;
  return out;
}
