/**
 * @file The factors of one DEIS step: integrals over rho of polynomials in log rho. Knows no history.
 *
 * Matches: `ind_fn` of diffusers `DEISMultistepScheduler`, float32 after every operation, with numpy's logarithm;
 * Zhang & Chen 2023, "Fast Sampling of Diffusion Models with Exponential Integrator".
 */
import { logFloat32 } from "../log-float32.js";

const round = Math.fround;

/** For two outputs, at `newer` and `older`, over a step from `newer` to `end`; all rho = sigma / alpha > 0. */
export function deisSecondOrder(end: number, newer: number, older: number): readonly [number, number] {
  const between = (b: number, c: number) => round(linear(end, b, c) - linear(newer, b, c));
  return [between(newer, older), between(older, newer)];
}

/** For three outputs, the newest first. */
export function deisThirdOrder(
  end: number,
  newest: number,
  middle: number,
  oldest: number,
): readonly [number, number, number] {
  const between = (b: number, c: number, d: number) =>
    round(quadratic(end, b, c, d) - quadratic(newest, b, c, d));
  return [between(newest, middle, oldest), between(middle, oldest, newest), between(oldest, newest, middle)];
}

/** ∫ (log t − log c) / (log b − log c) dt */
function linear(t: number, b: number, c: number): number {
  const [logT, logB, logC] = [logFloat32(t), logFloat32(b), logFloat32(c)];
  return round(round(t * round(round(-logC + logT) - 1)) / round(logB - logC));
}

/** ∫ (log t − log c)(log t − log d) / ((log b − log c)(log b − log d)) dt */
function quadratic(t: number, b: number, c: number, d: number): number {
  const [logT, logB, logC, logD] = [logFloat32(t), logFloat32(b), logFloat32(c), logFloat32(d)];
  const crossed = round(round(logC * round(round(logD - logT) + 1)) - round(logD * logT));
  const squared = round(round(crossed + logD) + round(logT * logT));
  const numerator = round(t * round(round(squared - 2 * logT) + 2));
  return round(numerator / round(round(logB - logC) * round(logB - logD)));
}
