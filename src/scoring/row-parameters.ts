/**
 * @file What one row asks for, from the parameters that were given: defaults filled in, what makes no sense together
 * refused. Knows neither schema nor JSON: the values are of the right kind already.
 */
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import { SCHEDULER_NAMES, type SchedulerName } from "../diffusion/inpaint-job.js";
import type { ParameterLimits } from "./parameter-schema.js";
import type { EncodeOptions } from "./ports.js";
import type { Problems } from "./problems.js";
import { INPAINT_PARAMETERS_SCHEMA, type InpaintParameters } from "./wire-types.generated.js";

/** What a job takes from the parameters: all but the row's texts and images, and the seed of each of its images. */
export type JobParameters = Omit<InpaintJob, "prompt" | "image" | "maskImage" | "seed">;

export interface RowParameters {
  readonly job: JobParameters;
  /** Of the row's first image. Absent: whoever makes the jobs draws one. */
  readonly seed: number | undefined;
  /** ≥ 1. */
  readonly imageCount: number;
  /** Turn image and mask as their EXIF orientation says. */
  readonly exifTranspose: boolean;
  readonly output: EncodeOptions;
  readonly details: boolean;
}

const PROPERTIES = INPAINT_PARAMETERS_SCHEMA.properties;
/** Of a request that names none. */
const DEFAULT_QUALITY = { jpeg: 95, webp: 90 } as const;

function encodeOptions({ output_format, output_quality }: InpaintParameters): EncodeOptions {
  const format = output_format ?? PROPERTIES.output_format.default;
  return format === "png" ? { format } : { format, quality: output_quality ?? DEFAULT_QUALITY[format] };
}

/** `name` with or without the suffix of diffusers' classes. */
function schedulerName(name: InpaintParameters["scheduler"]): SchedulerName | undefined {
  return SCHEDULER_NAMES.find((known) => name === known || name === `${known}Scheduler`);
}

/** A parameter that would be ignored is a mistake of the caller's, who expects it to matter. */
function addContradictions(
  given: InpaintParameters,
  place: (name: string) => string,
  problems: Problems,
): boolean {
  const { output_format, output_quality, preserve_unmasked, mask_feather } = given;
  const qualityOfPng = (output_format ?? "png") === "png" && (output_quality ?? undefined) !== undefined;
  const featherOfNothing = preserve_unmasked === false && (mask_feather ?? 0) > 0;
  if (qualityOfPng) {
    problems.add(place("output_quality"), "has no meaning for png; name output_format jpeg or webp too");
  }
  if (featherOfNothing) {
    problems.add(place("mask_feather"), "has no meaning when preserve_unmasked is false");
  }
  return qualityOfPng || featherOfNothing;
}

/** `given` is the request's and the row's own together. Undefined when a problem was added, under a `place`. */
export function rowParameters(
  given: InpaintParameters,
  limits: ParameterLimits,
  place: (name: string) => string,
  problems: Problems,
): RowParameters | undefined {
  if (addContradictions(given, place, problems)) return undefined;
  const scheduler = schedulerName(given.scheduler ?? (limits.defaultScheduler || null));
  const { height = null, width = null, padding_mask_crop: paddingMaskCrop = null } = given;
  const preserveUnmasked = given.preserve_unmasked ?? PROPERTIES.preserve_unmasked.default;
  return {
    job: {
      negativePrompt: given.negative_prompt ?? PROPERTIES.negative_prompt.default,
      numInferenceSteps: given.num_inference_steps ?? limits.defaultSteps,
      guidanceScale: given.guidance_scale ?? PROPERTIES.guidance_scale.default,
      ...(scheduler === undefined ? {} : { scheduler }),
      strength: given.strength ?? PROPERTIES.strength.default,
      eta: given.eta ?? PROPERTIES.eta.default,
      clipSkip: given.clip_skip ?? PROPERTIES.clip_skip.default,
      ...(height === null ? {} : { height }),
      ...(width === null ? {} : { width }),
      ...(paddingMaskCrop === null ? {} : { paddingMaskCrop }),
      maskBlur: given.mask_blur ?? PROPERTIES.mask_blur.default,
      invertMask: given.invert_mask ?? PROPERTIES.invert_mask.default,
      preserveUnmasked,
      maskFeather: given.mask_feather ?? (preserveUnmasked ? PROPERTIES.mask_feather.default : 0),
    },
    seed: given.seed ?? undefined,
    imageCount: given.num_images_per_prompt ?? PROPERTIES.num_images_per_prompt.default,
    exifTranspose: given.exif_transpose ?? PROPERTIES.exif_transpose.default,
    output: encodeOptions(given),
    details: given.details ?? PROPERTIES.details.default,
  };
}
