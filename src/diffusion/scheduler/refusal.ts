/** @file How a scheduler class says that it cannot do what the config asks. Knows no class. */
import { InpaintError } from "../../errors/inpaint-error.js";
import type { SchedulerName } from "../inpaint-job.js";
import type { PredictionType } from "./noise-scheduler.js";

/** `what` names the config's key. */
export function refusal(name: SchedulerName, what: string): InpaintError {
  return new InpaintError(
    "INVALID_CHECKPOINT",
    `scheduler ${name} cannot run with this scheduler config: it ${what}`,
  );
}

/** The three classes that the reference left without the prediction type "sample", and PNDM. */
export function expectNoSamplePrediction(
  name: SchedulerName,
  predictionType: PredictionType,
): Exclude<PredictionType, "sample"> {
  if (predictionType === "sample") {
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `scheduler ${name} cannot run a checkpoint whose prediction_type is "sample"; epsilon and v_prediction it can`,
    );
  }
  return predictionType;
}
