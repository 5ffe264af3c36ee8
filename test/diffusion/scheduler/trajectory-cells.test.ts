/** @file Every cell scheduler × options × prediction type × steps × strength against diffusers, call by call. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSchedulerConfig } from "../../../src/checkpoint/config/scheduler-config.js";
import { SCHEDULER_NAMES, type SchedulerName } from "../../../src/diffusion/inpaint-job.js";
import type { Latents } from "../../../src/diffusion/networks.js";
import { TorchGenerator } from "../../../src/diffusion/random/torch-generator.js";
import { createScheduler } from "../../../src/diffusion/scheduler/create-scheduler.js";
import type { NoiseScheduler, SchedulerConfig } from "../../../src/diffusion/scheduler/noise-scheduler.js";
import { InpaintError } from "../../../src/errors/inpaint-error.js";
import { tensor } from "../../../src/tensor/tensor.js";
import { noiseFloats } from "../../support/integer-noise.js";
import {
  LAST_STRIDE,
  NOISED_AT,
  readTrajectoryIndex,
  SAMPLE_AT,
  type TrajectoryCell,
  type TrajectoryRun,
  TrajectoryValues,
  VALUES,
} from "../../support/trajectory-goldens.js";

const NOISE_SEED = 5;
const IMAGE_SEED = 6;
const GENERATOR_SEED = 7;
/** The README promises 1e-4 of every cell; what is met today is held. */
const HELD_TOLERANCE = 5e-6;
const TOLERANCES: Partial<Record<SchedulerName, number>> = {
  // the reference integrates Lagrange's polynomials of float32 values
  LMSDiscrete: 1e-5,
  DPMSolverSinglestep: 2e-5,
  // torch solves a system of three equations by way of MKL
  UniPCMultistep: 1e-4,
};

const latents = (seed: number): Latents => tensor([1, 4, 4, 4], noiseFloats(VALUES, seed));
const NOISE = latents(NOISE_SEED);
const IMAGE = latents(IMAGE_SEED);

/** The golden maker's stand-in for the UNet: nonlinear, and the same to the last bit in both languages. */
function denoiser(sample: Latents, timestep: number): Latents {
  const round = Math.fround;
  const scale = round(3 + timestep / 1000);
  const out = sample.data.map((x) => round(x * scale) / round(2 + round(x * x)));
  return tensor(sample.shape, out);
}

/** Errors in values below the standard deviation of latents count absolutely. */
const UNIT = 1;

/** The largest error so far, relative to the largest of the golden values it was found among. */
class Margin {
  worst = 0;
  where = "nowhere";
  readonly #tolerance: number;

  constructor(tolerance: number) {
    this.#tolerance = tolerance;
  }

  toString(): string {
    return `max error ${this.worst.toExponential(1)}, tolerance ${this.#tolerance}; worst at ${this.where}`;
  }

  compare(actual: readonly number[], expected: ArrayLike<number>, where: string): void {
    const golden = Array.from(expected);
    assert.equal(actual.length, golden.length, `${where}: number of values`);
    const scale = Math.max(UNIT, ...golden.map(Math.abs));
    const error = Math.max(...golden.map((x, i) => Math.abs((actual[i] ?? Number.NaN) - x))) / scale;
    assert.ok(error <= this.#tolerance, `${where}: ${actual.join(", ")}; expected ${golden.join(", ")}`);
    if (error > this.worst) {
      this.worst = error;
      this.where = where;
    }
  }
}

function start(name: SchedulerName, { file, options }: TrajectoryCell, run: TrajectoryRun): NoiseScheduler {
  const config: SchedulerConfig = parseSchedulerConfig(file).data ?? assert.fail(JSON.stringify(file));
  return createScheduler(config, {
    numInferenceSteps: run.steps,
    strength: run.strength,
    eta: Number(options.eta ?? 0),
    ...(file._class_name === `${name}Scheduler` ? {} : { scheduler: name }),
  });
}

/** Walks one trajectory as the inpaint pipeline does; the values come in the golden maker's order. */
function compareRun(
  scheduler: NoiseScheduler,
  run: TrajectoryRun,
  golden: TrajectoryValues,
  margin: Margin,
  where: string,
) {
  const { timesteps } = scheduler;
  const pick = ({ data }: Latents) => SAMPLE_AT.map((i) => data[i] ?? Number.NaN);
  assert.equal(timesteps.length, run.calls, `${where}: UNet calls`);
  margin.compare([scheduler.initNoiseSigma], golden.next(1), `${where}: initNoiseSigma`);
  const sigma = Math.fround(scheduler.initNoiseSigma);
  let sample: Latents =
    run.strength === 1
      ? tensor(
          NOISE.shape,
          NOISE.data.map((x) => sigma * x),
        )
      : scheduler.addNoise(IMAGE, NOISE, timesteps[0] ?? Number.NaN);
  margin.compare(pick(sample), golden.next(SAMPLE_AT.length), `${where}: first sample`);

  const source = new TorchGenerator(GENERATOR_SEED);
  for (const [i, timestep] of timesteps.entries()) {
    const call = `${where}, call ${i + 1} of ${timesteps.length}`;
    margin.compare([timestep], golden.next(1), `${call}: timestep`);
    const modelOutput = denoiser(scheduler.scaleModelInput(sample, timestep), timestep);
    sample = scheduler.step(modelOutput, timestep, sample, source);
    const next = timesteps[i + 1];
    if (next === undefined) {
      const last = Array.from(sample.data).filter((_, at) => at % LAST_STRIDE === 0);
      margin.compare(last, golden.next(last.length), `${call}: last sample`);
    } else {
      margin.compare(pick(sample), golden.next(SAMPLE_AT.length), `${call}: sample`);
      const noised = scheduler.addNoise(IMAGE, NOISE, next).data[NOISED_AT] ?? Number.NaN;
      margin.compare([noised], golden.next(1), `${call}: noised image`);
    }
  }
}

const index = readTrajectoryIndex();

for (const name of SCHEDULER_NAMES) {
  test(`${name}: every cell is diffusers'`, (t) => {
    const golden = new TrajectoryValues(name);
    const margin = new Margin(TOLERANCES[name] ?? HELD_TOLERANCE);
    let ran = 0;
    let refused = 0;
    for (const cell of index[name] ?? assert.fail(`no golden of ${name}`)) {
      for (const run of cell.runs) {
        const where = `${JSON.stringify({ ...cell.options, prediction_type: cell.file.prediction_type })}, ${run.steps} steps, strength ${run.strength}`;
        if (run.refused === undefined) {
          compareRun(start(name, cell, run), run, golden, margin, where);
          ran += 1;
        } else {
          assert.throws(
            () => start(name, cell, run),
            isRefusal,
            `${where}: the reference says ${run.refused}`,
          );
          refused += 1;
        }
      }
    }
    assert.ok(ran > 0, "a class of which nothing runs proves nothing");
    assert.equal(golden.left, 0, "every golden value was compared");
    t.diagnostic(`${ran} cells run, ${refused} refused; ${margin}`);
  });
}

/** A refusal is said in our own words, before anything is computed. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof InpaintError && (error.code === "INVALID_INPUT" || error.code === "INVALID_CHECKPOINT")
  );
}
