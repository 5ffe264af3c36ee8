/**
 * @file Milliseconds that a step of each scheduler class takes beside the networks, on latents of 4×64×64: guidance of
 * two rows, the class's own arithmetic and its random numbers. No network runs.
 * Ends with exit code 1 when the median of a class is over the limit. Usage: npm run bench:schedulers
 */
import { cpus } from "node:os";
import { Denoising } from "../../src/diffusion/denoising.js";
import { SCHEDULER_NAMES, type SchedulerName } from "../../src/diffusion/inpaint-job.js";
import type { SchedulerConfig } from "../../src/diffusion/scheduler/noise-scheduler.js";
import { tensor } from "../../src/tensor/tensor.js";
import { noiseFloats } from "../support/integer-noise.js";

const SIZE = 64;
const COUNT = 4 * SIZE * SIZE;
const STEPS = 20;
const RUNS = 9;
const LIMIT_MS = 1;

const CONFIG: SchedulerConfig = {
  className: "PNDMScheduler",
  betaStart: 0.00085,
  betaEnd: 0.012,
  betaSchedule: "scaled_linear",
};
/** Beside every class as it is: the option that costs most, without noise as it is used. */
const THRESHOLDING: readonly SchedulerName[] = ["DDIM", "DPMSolverMultistep"];

const NOISE_PREDICTION = tensor<"B,4,h,w">([2, 4, SIZE, SIZE], noiseFloats(2 * COUNT, 1));
const EMBEDS = tensor<"B,77,d">([1, 77, 1], noiseFloats(77, 2));
const MOMENTS = tensor<"B,8,h,w">([1, 8, SIZE, SIZE], noiseFloats(2 * COUNT, 3));
const MASK = tensor<"1,1,h,w">([1, 1, SIZE, SIZE], new Float32Array(SIZE * SIZE).fill(1));

interface Measured {
  /** To settle the schedule and draw the first latents. */
  readonly startMs: number;
  /** Per UNet call. */
  readonly stepMs: number;
}

function run(scheduler: SchedulerName, schedulerConfig: SchedulerConfig, eta: number): Measured {
  const startMs = performance.now();
  const denoising = Denoising.start({
    job: { seed: 7, numInferenceSteps: STEPS, guidanceScale: 7.5, scheduler, strength: 1, eta },
    prepared: { latentMask: MASK },
    unetChannels: 9,
    encoded: { maskedImage: MOMENTS },
    promptEmbeds: EMBEDS,
    negativeEmbeds: EMBEDS,
    schedulerConfig,
    scalingFactor: 0.18215,
  });
  const startedMs = performance.now();
  while (!denoising.done) {
    denoising.nextCall();
    denoising.accept(NOISE_PREDICTION);
  }
  const stepMs = (performance.now() - startedMs) / denoising.unetCalls;
  return { startMs: startedMs - startMs, stepMs };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const print = (line: string) => process.stdout.write(`${line}\n`);
print(`${cpus()[0]?.model}, Node ${process.version}; 4×${SIZE}×${SIZE}, ${STEPS} steps, guidance on\n`);
print(`${"milliseconds".padEnd(36)}${"start".padStart(9)}${"a step".padStart(9)}`);
const rows = [
  ...SCHEDULER_NAMES.map((name) => ({ name, label: name, config: CONFIG, eta: 1 })),
  ...THRESHOLDING.map((name) => ({
    name,
    label: `${name} with thresholding`,
    config: { ...CONFIG, thresholding: true },
    eta: 0,
  })),
];
const over: string[] = [];
for (const { name, label, config, eta } of rows) {
  run(name, config, eta);
  const runs = Array.from({ length: RUNS }, () => run(name, config, eta));
  const startMs = median(runs.map((measured) => measured.startMs));
  const stepMs = median(runs.map((measured) => measured.stepMs));
  print(label.padEnd(36) + [startMs, stepMs].map((ms) => ms.toFixed(2).padStart(9)).join(""));
  if (stepMs > LIMIT_MS) over.push(label);
}
print(`\na step: at most ${LIMIT_MS} ms, ${over.length === 0 ? "kept" : `over by ${over.join(", ")}`}`);
if (over.length > 0) process.exitCode = 1;
