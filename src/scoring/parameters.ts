/**
 * @file The parameters of a request: which are known, what each may be, what stands where none is given.
 * Knows no row and no image.
 */
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import type { InpaintJob, SchedulerName } from "../diffusion/inpaint-job.js";
import { preview } from "./preview.js";
import type { Problems } from "./problems.js";
import { INPAINT_PARAMETERS_SCHEMA, type InpaintParameters } from "./wire-types.generated.js";

export interface ParameterLimits {
  readonly maxSteps: number;
  readonly maxPromptChars: number;
  readonly defaultSteps: number;
  /** "" is the checkpoint's own. */
  readonly defaultScheduler: SchedulerName | "";
}

/** What a job takes from the parameters. An absent seed is drawn by whoever makes the job. */
export type JobParameters = Pick<
  InpaintJob,
  "numInferenceSteps" | "guidanceScale" | "negativePrompt" | "preserveUnmasked" | "scheduler"
> & { readonly seed: number | undefined };

const PROPERTIES = INPAINT_PARAMETERS_SCHEMA.properties;
type ParameterName = keyof typeof PROPERTIES;

/** The card's own default. */
const DEFAULT_GUIDANCE_SCALE = 7.5;

export interface ParameterReader {
  readonly names: readonly string[];
  /**
   * The known parameters that `look` finds, when each is of the right kind; otherwise undefined, and each
   * bad one is added to `problems` under `where`.
   */
  read(look: (name: string) => unknown, where: string, problems: Problems): InpaintParameters | undefined;
  /** One row's parameters: `row` wins over `common`, null is the same as absent, defaults fill the rest. */
  resolve(common: InpaintParameters, row: InpaintParameters): JobParameters;
}

/** The operator's caps are part of the schema, so that one place refuses and one sentence says the limit. */
function schemaWithin({ maxSteps, maxPromptChars }: ParameterLimits) {
  return {
    ...INPAINT_PARAMETERS_SCHEMA,
    properties: {
      ...PROPERTIES,
      num_inference_steps: { ...PROPERTIES.num_inference_steps, maximum: maxSteps },
      negative_prompt: { ...PROPERTIES.negative_prompt, maxLength: maxPromptChars },
    },
  };
}

/** What each parameter must be, in words. */
function expectations({ maxSteps, maxPromptChars }: ParameterLimits): Record<ParameterName, string> {
  const { guidance_scale: scale, seed, scheduler } = PROPERTIES;
  return {
    num_inference_steps: `a whole number from ${PROPERTIES.num_inference_steps.minimum} to ${maxSteps}`,
    guidance_scale: `a number from ${scale.minimum} to ${scale.maximum}`,
    negative_prompt: `text of at most ${maxPromptChars} characters`,
    seed: `a whole number from ${seed.minimum} to ${seed.maximum}`,
    scheduler: `one of ${scheduler.enum.filter((name) => name !== null).join(", ")}`,
    preserve_unmasked: "true or false",
  };
}

export function createParameterReader(limits: ParameterLimits): ParameterReader {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, verbose: true });
  const validate = ajv.compile<InpaintParameters>(schemaWithin(limits));
  const expected = new Map(Object.entries(expectations(limits)));
  const names = [...expected.keys()];

  function report(errors: readonly ErrorObject[], where: string, problems: Problems): void {
    const seen = new Set<string>();
    for (const { instancePath, data } of errors) {
      const name = instancePath.slice(1);
      if (seen.has(name)) continue; // one value may break two keywords of the schema
      seen.add(name);
      problems.add(`${where}.${name}`, `expected ${expected.get(name)}, got ${preview(data)}`);
    }
  }

  return {
    names,
    read(look, where, problems) {
      const given = Object.fromEntries(
        names.map((name) => [name, look(name)]).filter(([, value]) => value !== undefined),
      );
      if (validate(given)) return given;
      report(validate.errors ?? [], where, problems);
      return undefined;
    },
    resolve(common, row) {
      const scheduler = row.scheduler ?? common.scheduler ?? limits.defaultScheduler;
      return {
        numInferenceSteps: row.num_inference_steps ?? common.num_inference_steps ?? limits.defaultSteps,
        guidanceScale: row.guidance_scale ?? common.guidance_scale ?? DEFAULT_GUIDANCE_SCALE,
        negativePrompt: row.negative_prompt ?? common.negative_prompt ?? "",
        preserveUnmasked: row.preserve_unmasked ?? common.preserve_unmasked ?? true,
        seed: row.seed ?? common.seed ?? undefined,
        ...(scheduler === "" ? {} : { scheduler }),
      };
    },
  };
}
