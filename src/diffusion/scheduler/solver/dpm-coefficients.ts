/**
 * @file The factors of one DPM-Solver step between two noise levels, of any order. Knows no history.
 *
 * Matches: the update formulas of diffusers `DPMSolverMultistepScheduler` and `DPMSolverSinglestepScheduler`, float32
 * after every operation; Lu et al. 2022, "DPM-Solver" and "DPM-Solver++" (the formulas of order 2 and 3 in their
 * appendices).
 */
import type { DpmAlgorithm } from "./dpm-options.js";
import type { NoiseLevel } from "./noise-level.js";

/**
 * The new sample is sample · x + output · D₀ + slope · D₁ + curvature · D₂ + noise · z, where D₀ is a model output, D₁
 * and D₂ are its differences over lambda, and z is standard normal.
 */
export interface DpmCoefficients {
  readonly sample: number;
  readonly output: number;
  /** Of the midpoint rule of order 2, where it stands for `slope`. */
  readonly midpointSlope: number;
  readonly slope: number;
  readonly curvature: number;
  /** 0 where the algorithm adds no noise. */
  readonly noise: number;
}

export function dpmCoefficients(algorithm: DpmAlgorithm, from: NoiseLevel, to: NoiseLevel): DpmCoefficients {
  const round = Math.fround;
  const h = round(to.lambda - from.lambda);
  switch (algorithm) {
    case "dpmsolver++": {
      const growth = round(expFloat32(-h) - 1);
      const output = round(-to.alpha * growth);
      return {
        sample: round(to.sigma / from.sigma),
        output,
        midpointSlope: output / 2,
        slope: round(to.alpha * round(round(growth / h) + 1)),
        curvature: round(-to.alpha * round(round(round(growth + h) / round(h * h)) - 0.5)),
        noise: 0,
      };
    }
    case "dpmsolver": {
      const growth = round(expFloat32(h) - 1);
      const output = round(-to.sigma * growth);
      return {
        sample: round(to.alpha / from.alpha),
        output,
        midpointSlope: output / 2,
        slope: round(-to.sigma * round(round(growth / h) - 1)),
        curvature: round(-to.sigma * round(round(round(growth - h) / round(h * h)) - 0.5)),
        noise: 0,
      };
    }
    case "sde-dpmsolver++": {
      const decay = round(1 - expFloat32(-2 * h));
      const output = round(to.alpha * decay);
      return {
        sample: round(round(to.sigma / from.sigma) * expFloat32(-h)),
        output,
        midpointSlope: output / 2,
        slope: round(to.alpha * round(round(decay / (-2 * h)) + 1)),
        curvature: round(to.alpha * round(round(round(decay - 2 * h) / round(4 * h * h)) - 0.5)),
        noise: round(to.sigma * round(Math.sqrt(decay))),
      };
    }
    case "sde-dpmsolver": {
      const growth = round(expFloat32(h) - 1);
      const output = -2 * round(to.sigma * growth);
      return {
        sample: round(to.alpha / from.alpha),
        output,
        midpointSlope: output / 2,
        slope: -2 * round(to.sigma * round(round(growth / h) - 1)),
        curvature: Number.NaN,
        noise: round(to.sigma * round(Math.sqrt(round(expFloat32(2 * h) - 1)))),
      };
    }
    default:
      algorithm satisfies never;
      throw new Error(`unreachable: algorithm ${String(algorithm)}`);
  }
}

const expFloat32 = (x: number) => Math.fround(Math.exp(x));
