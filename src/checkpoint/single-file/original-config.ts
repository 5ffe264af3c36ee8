/**
 * @file The yaml that the original code reads beside a single-file checkpoint, as far as the file itself does not say
 * the same. Knows the keys; reads nothing of it but data.
 * Reference: configs/stable-diffusion in Stability-AI/stablediffusion; the defaults are `DDPM.__init__`'s (ddpm.py).
 */
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { InpaintError } from "../../errors/inpaint-error.js";
import { readTextFile } from "../files/json-file.js";
import { realFileWithin } from "../files/real-file-within.js";
import { schemaProblems } from "../files/schema-problems.js";

/** The published ones have 2 to 5 KB. */
const MAX_YAML_CHARS = 200_000;
/** None is used in the published ones; what they stand for is copied out. */
const MAX_ALIASES = 50;

/** The parser quotes the line at fault, however long. */
const MAX_MESSAGE_CHARS = 500;

/** What decides the number of heads; at most one is given. */
export interface UnetHeads {
  readonly numHeads?: number | undefined;
  readonly numHeadChannels?: number | undefined;
}

const PREDICTION_TYPES = { eps: "epsilon", v: "v_prediction", x0: "sample" } as const;

const count = z.int().positive();
const originalConfigSchema = z.object({
  model: z.object({
    params: z.object({
      parameterization: z.enum(["eps", "v", "x0"]).default("eps"),
      linear_start: z.number().optional(),
      linear_end: z.number().optional(),
      timesteps: count.optional(),
      scale_factor: z.number().optional(),
      unet_config: z.object({
        params: z.object({ num_heads: count.optional(), num_head_channels: count.optional() }),
      }),
    }),
  }),
});

export interface OriginalConfig {
  readonly path: string;
  readonly predictionType: (typeof PREDICTION_TYPES)[keyof typeof PREDICTION_TYPES];
  readonly betaStart: number | undefined;
  readonly betaEnd: number | undefined;
  readonly trainTimesteps: number | undefined;
  readonly scalingFactor: number | undefined;
  readonly heads: UnetHeads;
}

/**
 * The file's own name with `.yaml` or `.yml`, which must not be a link out of `root`. Undefined where there is none;
 * throws INVALID_CHECKPOINT naming the key.
 */
export async function readOriginalConfig(
  weightsPath: string,
  root: string,
): Promise<OriginalConfig | undefined> {
  const stem = weightsPath.slice(0, weightsPath.length - extname(weightsPath).length);
  for (const path of sidecarNames(stem)) {
    if ((await stat(path).catch(() => undefined)) === undefined) continue;
    await realFileWithin(root, path);
    return read(path);
  }
  return undefined;
}

export const sidecarNames = (stem: string): readonly string[] => [`${stem}.yaml`, `${stem}.yml`];

async function read(path: string): Promise<OriginalConfig> {
  const text = await readTextFile(path);
  if (text.length > MAX_YAML_CHARS) {
    throw invalid(path, `${text.length} characters; at most ${MAX_YAML_CHARS} are read`);
  }
  let yaml: unknown;
  try {
    // The core schema makes plain data only: no tag builds an object.
    yaml = parse(text, { schema: "core", customTags: [], maxAliasCount: MAX_ALIASES, logLevel: "error" });
  } catch (cause) {
    const what = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " ");
    throw invalid(path, `not YAML: ${what.slice(0, MAX_MESSAGE_CHARS)}`, cause);
  }
  const result = originalConfigSchema.safeParse(yaml);
  if (!result.success) throw invalid(path, schemaProblems(result.error));
  const { params } = result.data.model;
  const unet = params.unet_config.params;
  return {
    path,
    predictionType: PREDICTION_TYPES[params.parameterization],
    betaStart: params.linear_start,
    betaEnd: params.linear_end,
    trainTimesteps: params.timesteps,
    scalingFactor: params.scale_factor,
    heads: { numHeads: unet.num_heads, numHeadChannels: unet.num_head_channels },
  };
}

const invalid = (path: string, what: string, cause?: unknown) =>
  new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`, { cause });
