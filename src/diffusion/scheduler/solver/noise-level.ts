/**
 * @file How much signal and noise a sample holds at a given sigma. Knows no schedule.
 *
 * Matches: `_sigma_to_alpha_sigma_t` and `lambda_t` of diffusers' DPM-Solver, UniPC and DEIS schedulers, in float32
 * after every operation; Lu et al. 2022, "DPM-Solver", section 2.
 */

import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { weightedSum } from "../latent-arithmetic.js";

/** x = alpha · signal + sigma · noise, with alpha² + sigma² = 1. */
export interface NoiseLevel {
  readonly alpha: number;
  readonly sigma: number;
  /** Half the logarithm of the signal-to-noise ratio, log(alpha / sigma); Infinity where there is no noise. */
  readonly lambda: number;
}

/** `ratio` is sigma / alpha ≥ 0, which the schedules call sigma. */
export function noiseLevel(ratio: number): NoiseLevel {
  const round = Math.fround;
  const alpha = round(1 / round(Math.sqrt(round(round(ratio * ratio) + 1))));
  const sigma = round(ratio * alpha);
  return { alpha, sigma, lambda: round(round(Math.log(alpha)) - round(Math.log(sigma))) };
}

export function noiseTo({ alpha, sigma }: NoiseLevel, original: Latents, noise: Latents): Latents {
  return tensor(
    original.shape,
    weightedSum([
      [alpha, original.data],
      [sigma, noise.data],
    ]),
  );
}
