/**
 * @file Opens a diffusers checkpoint folder: every config and every weights header, no weight.
 * Knows the folder's layout; knows no network.
 */
import { join } from "node:path";
import { z } from "zod";
import { InpaintError } from "../errors/inpaint-error.js";
import { findCheckpoint, MODEL_INDEX } from "./find-checkpoint.js";
import { readJsonFile } from "./json-file.js";
import { openWeights } from "./open-weights.js";
import { parseSchedulerConfig, type SchedulerFile } from "./scheduler-config.js";
import { parseTextEncoderConfig, type TextEncoderConfig } from "./text-encoder-config.js";
import { readTokenizerFiles, type TokenizerFiles } from "./tokenizer-files.js";
import { parseUnetConfig, type UnetConfig } from "./unet-config.js";
import { parseVaeConfig, type VaeConfig } from "./vae-config.js";
import type { WeightSet } from "./weights.js";

export interface Component<Config> {
  readonly config: Config;
  readonly weights: WeightSet;
}

export interface Checkpoint {
  readonly directory: string;
  readonly textEncoder: Component<TextEncoderConfig>;
  readonly unet: Component<UnetConfig>;
  readonly vae: Component<VaeConfig>;
  readonly scheduler: SchedulerFile;
  readonly tokenizer: TokenizerFiles;
}

const modelIndexSchema = z.object({ _class_name: z.string() });

/**
 * `folder` is the checkpoint, or holds it as the only one. Throws INVALID_CHECKPOINT naming the file, and in it the
 * key or tensor, that is missing or wrong.
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const directory = await findCheckpoint(folder);
  await readJsonFile(join(directory, MODEL_INDEX), (file) => modelIndexSchema.safeParse(file));
  const component = async <Config>(
    name: string,
    parse: (file: unknown) => z.ZodSafeParseResult<Config>,
    weightsName: string,
  ): Promise<Component<Config>> => ({
    config: await readJsonFile(join(directory, name, "config.json"), parse),
    weights: await openWeights(join(directory, name, weightsName)),
  });
  const checkpoint = {
    directory,
    textEncoder: await component("text_encoder", parseTextEncoderConfig, "model.safetensors"),
    unet: await component("unet", parseUnetConfig, "diffusion_pytorch_model.safetensors"),
    vae: await component("vae", parseVaeConfig, "diffusion_pytorch_model.safetensors"),
    scheduler: await readJsonFile(
      join(directory, "scheduler", "scheduler_config.json"),
      parseSchedulerConfig,
    ),
    tokenizer: await readTokenizerFiles(join(directory, "tokenizer")),
  };
  expectEmbeddings(checkpoint);
  return checkpoint;
}

/** Every id of the vocabulary must have its row in the text encoder's table. */
function expectEmbeddings({ directory, textEncoder, tokenizer }: Checkpoint): void {
  const { vocabSize } = textEncoder.config;
  const stray = Object.entries(tokenizer.vocabulary).find(([, id]) => id >= vocabSize);
  if (stray !== undefined) {
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `${join(directory, "tokenizer", "vocab.json")}: ${JSON.stringify(stray[0]).slice(0, 40)} has id ${stray[1]}, ` +
        `but the text encoder's vocab_size is ${vocabSize}`,
    );
  }
}
