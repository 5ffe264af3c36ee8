/** @file What can be said against a job before it is sent to a worker. Knows the model that is open; knows no queue. */
import type { JobPlan } from "../diffusion/inpaint-job.js";
import { createScheduler } from "../diffusion/scheduler/create-scheduler.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { MessageFromWorker } from "./protocol.js";

/** Images are computed at multiples of this and resampled to the size that is asked for. */
const SIZE_STEP = 8;

type Opened = Pick<MessageFromWorker<"ready">, "model" | "schedulerConfig">;

/** A sentence for the caller each; none when nothing is known against the plan. `maxOutputPixels` is the operator's. */
export function planProblems(
  plan: JobPlan,
  { model, schedulerConfig }: Opened,
  maxOutputPixels: number,
): readonly string[] {
  const problems = [
    clipSkipProblem(plan, model),
    sizeProblem(plan, model, maxOutputPixels),
    scheduleProblem(plan, schedulerConfig),
  ];
  return problems.filter((problem) => problem !== undefined);
}

function clipSkipProblem(
  { clipSkip = 0 }: JobPlan,
  { textEncoderLayers }: Opened["model"],
): string | undefined {
  return clipSkip <= textEncoderLayers
    ? undefined
    : `clip_skip is ${clipSkip}, but the text encoder has ${textEncoderLayers} layers`;
}

function sizeProblem(plan: JobPlan, model: Opened["model"], maxPixels: number): string | undefined {
  if (plan.height === undefined && plan.width === undefined) return undefined; // the model's own size
  const [height, width] = [plan.height ?? model.height, plan.width ?? model.width].map(
    (edge) => Math.ceil(edge / SIZE_STEP) * SIZE_STEP,
  );
  const pixels = (height ?? 0) * (width ?? 0);
  return pixels <= maxPixels
    ? undefined
    : `height and width: an image computed at ${width}×${height} is ${pixels} pixels; at most ${maxPixels} are made`;
}

function scheduleProblem(plan: JobPlan, config: Opened["schedulerConfig"]): string | undefined {
  try {
    createScheduler(config, plan);
    return undefined;
  } catch (error) {
    if (error instanceof InpaintError) return error.message;
    throw error;
  }
}
