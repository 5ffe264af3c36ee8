/** @file Looks up the cumulative alphas of a schedule by timestep. Knows the ends of the table; knows no step. */
import { InpaintError } from "../../../errors/inpaint-error.js";
import { tensor } from "../../../tensor/tensor.js";
import type { SchedulerName } from "../../inpaint-job.js";
import type { Latents } from "../../networks.js";
import { alphasCumprod, type VarianceSchedule } from "../alphas-cumprod.js";
import { weightedSum } from "../latent-arithmetic.js";

export interface AlphaTableOptions extends VarianceSchedule {
  /** Before timestep 0 the sample is clean (1); otherwise it is as noisy as at timestep 0. */
  readonly setAlphaToOne: boolean;
}

export class AlphaTable {
  readonly #values: Float32Array;
  readonly #final: number;

  constructor(options: AlphaTableOptions) {
    this.#values = alphasCumprod(options);
    this.#final = options.setAlphaToOne ? 1 : this.at(0);
  }

  /** A negative timestep counts from the end, as in Python: `spacedTimesteps` can give −1. */
  at(timestep: number): number {
    const alpha = this.#values.at(timestep);
    if (alpha === undefined) {
      throw new RangeError(`timestep ${timestep} is not among ${this.#values.length}; this is a bug`);
    }
    return alpha;
  }

  /** The alpha that a step ends at; below timestep 0 the schedule's final one. */
  before(timestep: number): number {
    return timestep >= 0 ? this.at(timestep) : this.#final;
  }

  /** `add_noise` of the classes without sigmas: `original` as noisy as a sample is at `timestep`. */
  addNoise(original: Latents, noise: Latents, timestep: number): Latents {
    const round = Math.fround;
    const alpha = this.at(timestep);
    return tensor(
      original.shape,
      weightedSum([
        [round(Math.sqrt(alpha)), original.data],
        [round(Math.sqrt(round(1 - alpha))), noise.data],
      ]),
    );
  }

  /**
   * Throws InpaintError INVALID_CHECKPOINT when one of `timesteps` has no signal left, as the last has with zero terminal
   * SNR: there the clean sample cannot be told from the noise in it, and what is not clipped becomes infinite.
   */
  expectSignal(name: SchedulerName, timesteps: readonly number[]): void {
    const silent = timesteps.find((timestep) => this.at(timestep) === 0);
    if (silent !== undefined) {
      throw new InpaintError(
        "INVALID_CHECKPOINT",
        `with rescale_betas_zero_snr and prediction_type "epsilon" scheduler ${name} cannot begin at timestep ` +
          `${silent}, where nothing of the image is left; timestep_spacing "leading", clip_sample or a strength below 1 avoids it`,
      );
    }
  }

  /** Throws InpaintError INVALID_INPUT when a schedule asks for a timestep that the model was not trained on. */
  expectCovers(timesteps: readonly number[]): void {
    const highest = Math.max(...timesteps);
    if (highest >= this.#values.length) {
      throw new InpaintError(
        "INVALID_INPUT",
        `num_inference_steps gives a schedule that begins at timestep ${highest}, but the model's last is ` +
          `${this.#values.length - 1}; ask for fewer steps`,
      );
    }
  }
}
