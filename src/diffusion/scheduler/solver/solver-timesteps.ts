/**
 * @file Which training timesteps a solver's schedule of n steps visits. Knows no sigma.
 *
 * Matches: the three spacings in `set_timesteps` of diffusers' DPM-Solver, UniPC and DEIS schedulers, which make n + 1
 * points where PNDM and DDIM make n, and leave out the last; numpy's `linspace` and `arange` included.
 */
import { roundHalfEven } from "../../../tensor/round-half-even.js";
import type { Spacing } from "../spaced-timesteps.js";

/** Falling. `timestepCount` is how many training timesteps are used, counted from 0: fewer where lambda is clipped. */
export function solverTimesteps(
  spacing: Spacing,
  timestepCount: number,
  numInferenceSteps: number,
): number[] {
  const { timestepSpacing, numTrainTimesteps, stepsOffset } = spacing;
  switch (timestepSpacing) {
    case "linspace": {
      const last = timestepCount - 1;
      const ratio = last / numInferenceSteps;
      return Array.from({ length: numInferenceSteps }, (_, i) =>
        i === 0 ? last : roundHalfEven((numInferenceSteps - i) * ratio),
      );
    }
    case "leading": {
      const ratio = Math.floor(timestepCount / (numInferenceSteps + 1));
      return Array.from(
        { length: numInferenceSteps },
        (_, i) => (numInferenceSteps - i) * ratio + stepsOffset,
      );
    }
    case "trailing": {
      const ratio = numTrainTimesteps / numInferenceSteps;
      // arange multiplies the difference of its first two elements, which is not always the ratio
      const difference = timestepCount - ratio - timestepCount;
      return Array.from(
        { length: Math.ceil(timestepCount / ratio) },
        (_, i) => roundHalfEven(timestepCount + i * difference) - 1,
      );
    }
    default:
      timestepSpacing satisfies never;
      throw new Error(`unreachable: timestep spacing ${String(timestepSpacing)}`);
  }
}
