/**
 * @file The variance schedule of a diffusion model: betas and the running product of 1 − beta. Knows no timestep
 * list and no step.
 *
 * Matches: the constructors of diffusers' schedulers, `betas_for_alpha_bar` and `rescale_zero_terminal_snr`. Float32 wherever torch holds a float32 tensor; torch's `cumprod` itself keeps its
 * running product in double and rounds every element it stores.
 */
import type { BetaSchedule } from "./noise-scheduler.js";

export interface VarianceSchedule {
  readonly numTrainTimesteps: number;
  readonly betaStart: number;
  readonly betaEnd: number;
  readonly betaSchedule: BetaSchedule;
  readonly trainedBetas: readonly number[] | undefined;
  readonly rescaleBetasZeroSnr: boolean;
}

/** Betas from a formula for alpha stop here: at 1 nothing of the sample would be left. */
const MAX_BETA = 0.999;

/** What is left of the clean sample at `t`, 0 … 1 of the way through the schedule. */
const ALPHA_BARS = {
  squaredcos_cap_v2: (t) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2,
  exp: (t) => Math.exp(t * -12),
  laplace: (t) => {
    // at 0.5 the reference takes the sign of +0, which is positive
    const sign = t <= 0.5 ? 1 : -1;
    const snr = Math.exp(-0.5 * sign * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6));
    return Math.sqrt(snr / (1 + snr));
  },
} as const satisfies Partial<Record<BetaSchedule, (t: number) => number>>;

/** One value per training timestep, each in 0 … 1 and falling: how much of the clean sample's variance is left. */
export function alphasCumprod(schedule: VarianceSchedule): Float32Array {
  const betas = makeBetas(schedule);
  return cumulativeAlphas(schedule.rescaleBetasZeroSnr ? rescaleToZeroTerminalSnr(betas) : betas);
}

function makeBetas({ trainedBetas, numTrainTimesteps, ...schedule }: VarianceSchedule): Float32Array {
  if (trainedBetas) return Float32Array.from(trainedBetas);
  const { betaStart, betaEnd, betaSchedule } = schedule;
  switch (betaSchedule) {
    case "linear":
      return linspace(betaStart, betaEnd, numTrainTimesteps);
    case "scaled_linear":
      return linspace(Math.sqrt(betaStart), Math.sqrt(betaEnd), numTrainTimesteps).map((x) => x * x);
    case "sigmoid":
      return sigmoidBetas(betaStart, betaEnd, numTrainTimesteps);
    case "squaredcos_cap_v2":
    case "exp":
    case "laplace":
      return betasForAlphaBar(ALPHA_BARS[betaSchedule], numTrainTimesteps);
    default:
      betaSchedule satisfies never;
      throw new Error(`unreachable: beta schedule ${String(betaSchedule)}`);
  }
}

/**
 * `torch.linspace` in float32: counted up from the start in the first half, down from the end in the second.
 * torch multiplies and adds in one rounding; in double both are exact enough that only the store rounds.
 */
function linspace(start: number, end: number, count: number): Float32Array {
  const first = Math.fround(start);
  if (count === 1) return Float32Array.of(first);
  const last = Math.fround(end);
  const step = Math.fround(Math.fround(last - first) / (count - 1));
  const middle = Math.floor(count / 2);
  return Float32Array.from({ length: count }, (_, i) =>
    i < middle ? first + step * i : last - step * (count - i - 1),
  );
}

function betasForAlphaBar(alphaBar: (t: number) => number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) =>
    Math.min(1 - alphaBar((i + 1) / count) / alphaBar(i / count), MAX_BETA),
  );
}

function sigmoidBetas(start: number, end: number, count: number): Float32Array {
  const rise = Math.fround(end - start);
  const offset = Math.fround(start);
  return linspace(-6, 6, count).map((x) => Math.fround(Math.fround(1 / (1 + Math.exp(-x))) * rise) + offset);
}

function cumulativeAlphas(betas: Float32Array): Float32Array {
  let product = 1;
  return betas.map((beta) => {
    product *= Math.fround(1 - beta);
    return product;
  });
}

/** Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", algorithm 1. */
function rescaleToZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeAlphas(betas).map(Math.sqrt);
  const first = roots[0] ?? 0;
  const last = roots[roots.length - 1] ?? 0;
  const stretch = Math.fround(first / Math.fround(first - last));
  const alphaBars = roots.map((root) => Math.fround(Math.fround(root - last) * stretch) ** 2);
  return alphaBars.map((alphaBar, i) => {
    const previous = alphaBars[i - 1];
    return 1 - (previous === undefined ? alphaBar : Math.fround(alphaBar / previous));
  });
}
