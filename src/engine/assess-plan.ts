/**
 * @file What can be said of a job before it is sent to a worker: why it cannot run, or what it will cost. Knows the model
 * that is open; knows no queue.
 */
import { isGuided } from "../diffusion/guidance.js";
import type { JobPlan } from "../diffusion/inpaint-job.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { JobWork } from "./job-work.js";
import type { MessageFromWorker } from "./protocol.js";
import type { ScheduleLengths } from "./schedule-lengths.js";

type Opened = Pick<MessageFromWorker<"ready">, "model" | "schedulerConfig" | "geometry">;

export type Assessment =
  | { readonly work: JobWork }
  /** A sentence for the caller each, at least one. */
  | { readonly problems: readonly string[] };

export interface AssessOptions {
  /** The operator's, of an image whose size is asked for. */
  readonly maxOutputPixels: number;
  readonly schedules: ScheduleLengths;
}

export function assessPlan(
  plan: JobPlan,
  opened: Opened,
  { maxOutputPixels, schedules }: AssessOptions,
): Assessment {
  const size = computedSize(plan, opened);
  const schedule = schedules.unetCalls(opened.schedulerConfig, plan);
  const problems = [
    clipSkipProblem(plan, opened.model),
    sizeProblem(plan, size, maxOutputPixels),
    schedule instanceof InpaintError ? schedule.message : undefined,
  ].filter((problem) => problem !== undefined);
  if (schedule instanceof InpaintError || problems.length > 0) return { problems };
  return { work: { unetCalls: schedule, rows: isGuided(plan.guidanceScale) ? 2 : 1, ...size } };
}

function computedSize(plan: JobPlan, { geometry }: Opened): Pick<JobWork, "height" | "width"> {
  const step = geometry.vaeScaleFactor;
  const computed = (edge: number) => Math.ceil(edge / step) * step;
  return {
    height: computed(plan.height ?? geometry.height),
    width: computed(plan.width ?? geometry.width),
  };
}

function clipSkipProblem(
  { clipSkip = 0 }: JobPlan,
  { textEncoderLayers }: Opened["model"],
): string | undefined {
  return clipSkip <= textEncoderLayers
    ? undefined
    : `clip_skip is ${clipSkip}, but the text encoder has ${textEncoderLayers} layers`;
}

function sizeProblem(
  plan: JobPlan,
  { height, width }: Pick<JobWork, "height" | "width">,
  maxPixels: number,
): string | undefined {
  if (plan.height === undefined && plan.width === undefined) return undefined; // the model's own size
  const pixels = height * width;
  return pixels <= maxPixels
    ? undefined
    : `height and width: an image computed at ${width}×${height} is ${pixels} pixels; at most ${maxPixels} are made`;
}
