/**
 * @file The parameters' schema as this server holds it: the public one, with the operator's caps and defaults in place
 * of its own. Knows the words for each kind of limit; reads no request.
 */
import type { SchedulerName } from "../diffusion/inpaint-job.js";
import { INPAINT_PARAMETERS_SCHEMA } from "./wire-types.generated.js";

export interface ParameterLimits {
  readonly maxSteps: number;
  readonly maxImagesPerPrompt: number;
  readonly maxPromptChars: number;
  readonly defaultSteps: number;
  /** "" is the checkpoint's own. */
  readonly defaultScheduler: SchedulerName | "";
}

const PROPERTIES = INPAINT_PARAMETERS_SCHEMA.properties;

/** The caps are part of the schema, so that one place refuses and one sentence says the limit. */
export function parametersWithin(limits: ParameterLimits) {
  const { maxSteps, maxImagesPerPrompt, maxPromptChars, defaultSteps, defaultScheduler } = limits;
  return {
    ...INPAINT_PARAMETERS_SCHEMA,
    properties: {
      ...PROPERTIES,
      num_inference_steps: {
        ...PROPERTIES.num_inference_steps,
        maximum: maxSteps,
        default: defaultSteps,
      },
      num_images_per_prompt: { ...PROPERTIES.num_images_per_prompt, maximum: maxImagesPerPrompt },
      negative_prompt: { ...PROPERTIES.negative_prompt, maxLength: maxPromptChars },
      scheduler: {
        ...PROPERTIES.scheduler,
        ...(defaultScheduler === "" ? {} : { default: defaultScheduler }),
      },
    },
  };
}

/** The keywords of the schema that limit a value. */
interface Property {
  readonly type?: readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

const SUFFIX = "Scheduler";

/** What a value of `property` must be, in words that follow "expected". */
export function expectation({ type = [], enum: values, minimum, maximum, maxLength }: Property): string {
  if (values !== undefined) {
    const names = values.filter((name) => name !== null);
    const short = names.filter((name) => !name.endsWith(SUFFIX));
    return `one of ${short.join(", ")}${short.length < names.length ? `, or that with ${SUFFIX} at its end` : ""}`;
  }
  if (type.includes("boolean")) return "true or false";
  if (type.includes("string")) return `text of at most ${maxLength} characters`;
  return `a ${type.includes("integer") ? "whole " : ""}number from ${minimum} to ${maximum}`;
}
