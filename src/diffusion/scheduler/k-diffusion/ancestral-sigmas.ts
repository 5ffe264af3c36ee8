/**
 * @file How an ancestral step is split: down to less noise than it ends at, and up again with fresh noise. Knows no
 * schedule.
 *
 * Matches: `sigma_up` and `sigma_down` of diffusers `EulerAncestralDiscreteScheduler` and
 * `KDPM2AncestralDiscreteScheduler`; `get_ancestral_step` of k-diffusion. Float32 after every operation.
 */
import type { SchedulerName } from "../../inpaint-job.js";
import { refusal } from "../refusal.js";

export interface AncestralSigmas {
  /** The sigma that the step leads to by itself. */
  readonly down: number;
  /** Standard deviation of the noise that is then added. */
  readonly up: number;
}

/** One per step of `sigmas`. Throws InpaintError INVALID_CHECKPOINT when they rise: nothing could be split. */
export function ancestralSigmas(name: SchedulerName, sigmas: Float32Array): readonly AncestralSigmas[] {
  return Array.from(sigmas.subarray(0, -1), (from, i) => {
    const to = sigmas[i + 1] ?? 0;
    if (to > from) throw refusal(name, "needs sigmas that fall, so sigma_min is to be below sigma_max");
    return split(from, to);
  });
}

function split(from: number, to: number): AncestralSigmas {
  const round = Math.fround;
  const [squareFrom, squareTo] = [round(from * from), round(to * to)];
  const up = round(Math.sqrt(round(round(squareTo * round(squareFrom - squareTo)) / squareFrom)));
  return { up, down: round(Math.sqrt(round(squareTo - round(up * up)))) };
}
