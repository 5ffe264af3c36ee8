/**
 * @file Which training timesteps a schedule of n steps visits. Knows no scheduler class.
 *
 * Matches: the three spacings in `set_timesteps` of diffusers' schedulers but for the solvers, including numpy's way of making `linspace` and `arange`; named after Lin et al. 2024, table 2.
 */
import { roundHalfEven } from "../../tensor/round-half-even.js";
import type { TimestepSpacing } from "./noise-scheduler.js";

export interface Spacing {
  readonly timestepSpacing: TimestepSpacing;
  readonly numTrainTimesteps: number;
  /** Added to every timestep of the `leading` spacing; the others have no use for it. */
  readonly stepsOffset: number;
}

/**
 * Rising, one per step. `trailing` may give n + 1 of them, the first −1, where 1000/n rounds so that numpy's
 * `arange` runs one step too far (n = 61, 103, …): the reference does, so a schedule equals it only with them.
 * `round` is what `linspace` is rounded with: to integers, or only to float32 by the classes that step by sigmas.
 */
export function spacedTimesteps(
  spacing: Spacing,
  numInferenceSteps: number,
  round: (timestep: number) => number = roundHalfEven,
): number[] {
  const { timestepSpacing, numTrainTimesteps, stepsOffset } = spacing;
  switch (timestepSpacing) {
    case "leading": {
      const ratio = Math.floor(numTrainTimesteps / numInferenceSteps);
      return Array.from({ length: numInferenceSteps }, (_, i) => i * ratio + stepsOffset);
    }
    case "linspace": {
      const last = numTrainTimesteps - 1;
      const ratio = last / (numInferenceSteps - 1);
      return Array.from({ length: numInferenceSteps }, (_, i) =>
        i > 0 && i === numInferenceSteps - 1 ? last : round(i === 0 ? 0 : i * ratio),
      );
    }
    case "trailing": {
      const ratio = numTrainTimesteps / numInferenceSteps;
      const length = Math.ceil(-numTrainTimesteps / -ratio);
      // arange multiplies the difference of its first two elements, which is not always the ratio
      const difference = numTrainTimesteps - ratio - numTrainTimesteps;
      return Array.from(
        { length },
        (_, i) => roundHalfEven(numTrainTimesteps + (length - 1 - i) * difference) - 1,
      );
    }
    default:
      timestepSpacing satisfies never;
      throw new Error(`unreachable: timestep spacing ${String(timestepSpacing)}`);
  }
}
