/**
 * @file Opens a diffusers folder: every config and every weights header, no weight.
 * Knows the folder's layout; knows no network.
 */
import { join } from "node:path";
import { z } from "zod";
import { InpaintError } from "../errors/inpaint-error.js";
import type { CheckpointOptions, CheckpointParts, Component } from "./checkpoint.js";
import { parseSchedulerConfig, type SchedulerFile } from "./config/scheduler-config.js";
import { parseTextEncoderConfig } from "./config/text-encoder-config.js";
import { parseUnetConfig } from "./config/unet-config.js";
import { parseVaeConfig } from "./config/vae-config.js";
import { readJsonFile } from "./files/json-file.js";
import { realFileWithin } from "./files/real-file-within.js";
import { MODEL_INDEX } from "./find/search-checkpoints.js";
import { settleParts } from "./settle-parts.js";
import { readTokenizerFiles } from "./tokenizer/tokenizer-files.js";
import { findComponentWeights, type Library } from "./weights/component-weights.js";
import { openWeightsWithin } from "./weights/open-weights-within.js";

const modelIndexSchema = z.object({ _class_name: z.string() });

/** Throws INVALID_CHECKPOINT naming every file, and in it the key or tensor, that is missing or wrong. */
export async function openDiffusersFolder(
  directory: string,
  { modelDir, variant, tokenizerDir, predictionType }: CheckpointOptions,
): Promise<CheckpointParts> {
  const readJson = async <T>(path: string, parse: (file: unknown) => z.ZodSafeParseResult<T>): Promise<T> => {
    await realFileWithin(modelDir, path);
    return readJsonFile(path, parse);
  };
  await readJson(join(directory, MODEL_INDEX), (file) => modelIndexSchema.safeParse(file));
  const variants = new Map<string, string>();
  const component = async <Config>(
    name: string,
    parse: (file: unknown) => z.ZodSafeParseResult<Config>,
    library: Library,
  ): Promise<Component<Config>> => {
    const config = await readJson(join(directory, name, "config.json"), parse);
    const found = await findComponentWeights(join(directory, name), library, variant);
    variants.set(name, found.variant);
    return { config, weights: await openWeightsWithin(modelDir, found.path) };
  };
  const schedulerPath = join(directory, "scheduler", "scheduler_config.json");
  const [textEncoder, unet, vae, scheduler, tokenizer] = await settleParts([
    component("text_encoder", parseTextEncoderConfig, "transformers"),
    component("unet", parseUnetConfig, "diffusers"),
    component("vae", parseVaeConfig, "diffusers"),
    readJson(schedulerPath, parseSchedulerConfig),
    readTokenizerFiles(tokenizerDir ?? join(directory, "tokenizer"), tokenizerDir ?? modelDir),
  ]);
  return {
    directory,
    textEncoder,
    unet,
    vae,
    scheduler: predictionType === undefined ? scheduler : { ...scheduler, predictionType },
    tokenizer,
    warnings: [
      ...variantWarnings(directory, variants, variant),
      ...predictionWarnings(schedulerPath, scheduler, predictionType),
    ],
  };
}

/** Throws INVALID_CHECKPOINT when no component has the variant that was asked for, as the reference does. */
function variantWarnings(
  directory: string,
  variants: ReadonlyMap<string, string>,
  asked: string | undefined,
): readonly string[] {
  const found = [...variants].sort(([a], [b]) => (a < b ? -1 : 1));
  if (asked !== undefined && found.every(([, variant]) => variant !== asked)) {
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `${directory}: VARIANT is ${asked}, and none of ${found.map(([name]) => name).join(", ")} has such weights`,
    );
  }
  return found
    .filter(([, variant]) => variant !== (asked ?? ""))
    .map(([name, variant]) => {
      const taken = variant === "" ? "those without a variant" : `the only ones there, variant ${variant},`;
      const wanted = asked === undefined ? "no weights without a variant" : `no weights of variant ${asked}`;
      return `${join(directory, name)}: ${wanted}; ${taken} are taken`;
    });
}

function predictionWarnings(
  path: string,
  { predictionType }: SchedulerFile,
  asked: SchedulerFile["predictionType"],
): readonly string[] {
  if (asked === undefined || asked === (predictionType ?? "epsilon")) return [];
  const said = predictionType ?? "nothing, which means epsilon";
  return [`${path}: prediction_type is ${said}; PREDICTION_TYPE says ${asked} and is followed`];
}
