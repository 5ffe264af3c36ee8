/** @file Looks up the cumulative alphas of a schedule by timestep. Knows the ends of the table; knows no step. */
import { InpaintError } from "../../errors/inpaint-error.js";
import { alphasCumprod, type VarianceSchedule } from "./alphas-cumprod.js";

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
