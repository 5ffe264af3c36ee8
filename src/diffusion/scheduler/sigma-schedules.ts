/**
 * @file How the noise levels of a schedule are spaced where the timesteps do not say so: Karras, exponential, beta,
 * Lu. Knows no scheduler class.
 *
 * Matches: `_convert_to_karras`, `_convert_to_exponential`, `_convert_to_beta`, `_convert_to_lu` and `_sigma_to_t`
 * of diffusers' schedulers (the same in each class that has them), in float64 as numpy computes them.
 */
import { symmetricBetaQuantile } from "./beta-quantile.js";
import { logFloat32 } from "./log-float32.js";

/** Ends of a schedule in noise standard deviations over signal; a class takes them from its table or its config. */
export interface SigmaRange {
  readonly sigmaMin: number;
  readonly sigmaMax: number;
}

/** Rho of Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative Models", formula (5). */
const KARRAS_RHO = 7;

/** Both parameters in Lee et al. 2024, "Beta Sampling is All You Need". */
const BETA_SHAPE = 0.6;

/** Falling from `sigmaMax` to `sigmaMin`, evenly in σ^(1/7). */
export function karrasSigmas({ sigmaMin, sigmaMax }: SigmaRange, count: number): Float64Array {
  const first = sigmaMax ** (1 / KARRAS_RHO);
  const last = sigmaMin ** (1 / KARRAS_RHO);
  return unitRamp(count).map((ramp) => (first + ramp * (last - first)) ** KARRAS_RHO);
}

/** Falling from `sigmaMax` to `sigmaMin`, evenly in log σ. */
export function exponentialSigmas({ sigmaMin, sigmaMax }: SigmaRange, count: number): Float64Array {
  return linspace(Math.log(sigmaMax), Math.log(sigmaMin), count).map(Math.exp);
}

/** Falling from `sigmaMax` to `sigmaMin`, denser at both ends. */
export function betaSigmas({ sigmaMin, sigmaMax }: SigmaRange, count: number): Float64Array {
  return unitRamp(count).map(
    (ramp) => sigmaMin + symmetricBetaQuantile(1 - ramp, BETA_SHAPE) * (sigmaMax - sigmaMin),
  );
}

/** Falling between the ends of a table of log σ that rises with the timestep, evenly in log σ (Lu et al. 2022). */
export function luSigmas(logSigmas: Float32Array, count: number): Float64Array {
  const first = logSigmas.at(-1) ?? Number.NaN;
  const last = logSigmas[0] ?? Number.NaN;
  return unitRamp(count).map((ramp) => Math.exp(first + ramp * (last - first)));
}

/** The table that `sigmaToTimestep` looks in: log σ of every training timestep. */
export function logSigmaTable(sigmas: Float32Array): Float32Array {
  return sigmas.map(logFloat32);
}

/** The training timestep, with a fraction, at which noise is `sigma`; clipped to the table, which holds at least 2. */
export function sigmaToTimestep(sigma: number, logSigmas: Float32Array): number {
  const logSigma = Math.log(Math.max(sigma, 1e-10));
  const reached = logSigmas.findLastIndex((entry) => logSigma >= entry);
  const lowIndex = Math.min(Math.max(reached, 0), logSigmas.length - 2);
  const low = logSigmas[lowIndex] ?? Number.NaN;
  const high = logSigmas[lowIndex + 1] ?? Number.NaN;
  const weight = Math.min(Math.max((low - logSigma) / Math.fround(low - high), 0), 1);
  return (1 - weight) * lowIndex + weight * (lowIndex + 1);
}

/** `numpy.linspace(0, 1, count)`. */
function unitRamp(count: number): Float64Array {
  return linspace(0, 1, count);
}

/** `numpy.linspace`: the step is rounded once, and the last value is `stop` itself unless it is also the first. */
function linspace(start: number, stop: number, count: number): Float64Array {
  const step = (stop - start) / (count - 1);
  return Float64Array.from({ length: count }, (_, i) => {
    if (i === 0) return start;
    return i === count - 1 ? stop : i * step + start;
  });
}
