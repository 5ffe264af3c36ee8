/**
 * @file The factors of one UniPC step: how far each output reaches, and the weights of their differences. Knows no
 * latents.
 *
 * Matches: `multistep_uni_p_bh_update` and `multistep_uni_c_bh_update` of diffusers `UniPCMultistepScheduler`, float32
 * after every operation; Zhao et al. 2023, "UniPC", with B(h) = h (bh1) or e^h − 1 (bh2).
 */
import type { NoiseLevel } from "./noise-level.js";
import { solveLinear } from "./solve-linear.js";

export interface UniPcStep {
  readonly from: NoiseLevel;
  readonly to: NoiseLevel;
  /** Where the outputs before the one at `from` were made, the newest first. */
  readonly earlier: readonly NoiseLevel[];
  readonly predictsOriginal: boolean;
  readonly solverType: "bh1" | "bh2";
}

/** The new sample is sample · x + output · m₀ − spread · (Σ ρᵢ·Dᵢ). */
export interface UniPcCoefficients {
  readonly sample: number;
  readonly output: number;
  readonly spread: number;
  /** Of each earlier output: its distance over lambda from the one at `from`, in units of the step's. */
  readonly reaches: readonly number[];
  /** The weights ρ of the predictor, one per earlier output. */
  predictorWeights(): readonly number[];
  /** The weights ρ of the corrector, one per earlier output and one for the output at `to`. */
  correctorWeights(): readonly number[];
}

export function unipcCoefficients(step: UniPcStep): UniPcCoefficients {
  const round = Math.fround;
  const { from, to, predictsOriginal, solverType } = step;
  const h = round(to.lambda - from.lambda);
  const signedH = predictsOriginal ? -h : h;
  const growth = round(Math.expm1(signedH));
  const spread = solverType === "bh1" ? signedH : growth;
  const reaches = step.earlier.map(({ lambda }) => round(round(lambda - from.lambda) / h));
  const [ratio, scale] = predictsOriginal
    ? [round(to.sigma / from.sigma), to.alpha]
    : [round(to.alpha / from.alpha), to.sigma];
  const points = [...reaches, 1];
  /** The first `size` equations of the order conditions, over as many points. */
  const weights = (size: number) =>
    solveLinear(
      points.slice(0, size).map((_, power) => points.slice(0, size).map((point) => round(point ** power))),
      rightSides(signedH, growth, spread, size),
    );
  return {
    sample: ratio,
    output: round(-scale * growth),
    spread: round(scale * spread),
    reaches,
    // of order 2 both are simplified in the reference
    predictorWeights: () => (reaches.length === 1 ? [0.5] : weights(reaches.length)),
    correctorWeights: () => (reaches.length === 0 ? [0.5] : weights(points.length)),
  };
}

/** φ-functions of the step, times factorials, over B(h). */
function rightSides(h: number, growth: number, spread: number, count: number): number[] {
  const round = Math.fround;
  const sides: number[] = [];
  let phi = round(round(growth / h) - 1);
  let factorial = 1;
  for (let i = 1; i <= count; i++) {
    sides.push(round(round(phi * factorial) / spread));
    factorial *= i + 1;
    phi = round(round(phi / h) - round(1 / factorial));
  }
  return sides;
}
