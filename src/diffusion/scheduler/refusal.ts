/** @file How a scheduler class says that it cannot do what the config asks. Knows no class. */
import { InpaintError } from "../../errors/inpaint-error.js";
import type { SchedulerName } from "../inpaint-job.js";

/** `what` names the config's key. */
export function refusal(name: SchedulerName, what: string): InpaintError {
  return new InpaintError(
    "INVALID_CHECKPOINT",
    `scheduler ${name} cannot run with this scheduler config: it ${what}`,
  );
}
