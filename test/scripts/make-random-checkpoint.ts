/**
 * @file Writes the random checkpoint that tests run on, a whole diffusers checkpoint, from a fixed seed.
 * Usage: node dist/test/scripts/make-random-checkpoint.js [folder]
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseTextEncoderConfig } from "../../src/checkpoint/config/text-encoder-config.js";
import { parseUnetConfig } from "../../src/checkpoint/config/unet-config.js";
import { parseVaeConfig } from "../../src/checkpoint/config/vae-config.js";
import { buildTextEncoder } from "../../src/networks/text-encoder.js";
import { buildUnet } from "../../src/networks/unet.js";
import { buildVaeDecoder, buildVaeEncoder } from "../../src/networks/vae.js";
import { writeSafetensors } from "../support/safetensors-writer.js";
import { WeightInventory } from "../support/weight-inventory.js";
import { learnVocabulary } from "./random-checkpoint/byte-pair-training.js";
import { CAPTIONS } from "./random-checkpoint/captions.js";
import * as configs from "./random-checkpoint/configs.js";
import { randomWeights } from "./random-checkpoint/random-weights.js";

const SEED = 20221124;
const MERGES = 500;
const DEFAULT_FOLDER = "test/fixtures/random-checkpoint";

export async function makeRandomCheckpoint(folder: string): Promise<void> {
  const { vocabulary, merges } = learnVocabulary(CAPTIONS, MERGES);
  const textConfig = configs.textEncoder(Object.keys(vocabulary).length);

  await writeJson(folder, "model_index.json", configs.modelIndex);
  await writeJson(folder, "scheduler/scheduler_config.json", configs.scheduler);
  await writeJson(folder, "text_encoder/config.json", textConfig);
  await writeJson(folder, "unet/config.json", configs.unet);
  await writeJson(folder, "vae/config.json", configs.vae);
  await writeJson(folder, "tokenizer/special_tokens_map.json", configs.specialTokensMap);
  await writeJson(folder, "tokenizer/tokenizer_config.json", configs.tokenizerConfig);
  await writeJson(folder, "tokenizer/vocab.json", vocabulary);
  await writeFile(join(folder, "tokenizer/merges.txt"), `#version: 0.2\n${merges.join("\n")}\n`);

  const text = new WeightInventory();
  buildTextEncoder(valid(parseTextEncoderConfig(textConfig)), text);
  await writeSafetensors(join(folder, "text_encoder/model.safetensors"), randomWeights(text, SEED));

  const unet = new WeightInventory();
  buildUnet(valid(parseUnetConfig(configs.unet)), unet);
  await writeSafetensors(
    join(folder, "unet/diffusion_pytorch_model.safetensors"),
    randomWeights(unet, SEED + 1),
  );

  const vae = new WeightInventory();
  const vaeConfig = valid(parseVaeConfig(configs.vae));
  buildVaeEncoder(vaeConfig, vae);
  buildVaeDecoder(vaeConfig, vae);
  await writeSafetensors(
    join(folder, "vae/diffusion_pytorch_model.safetensors"),
    randomWeights(vae, SEED + 2),
  );
}

async function writeJson(folder: string, name: string, content: object): Promise<void> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
}

function valid<T>(
  result: { readonly success: true; readonly data: T } | { readonly success: false; readonly error: Error },
): T {
  if (!result.success) throw result.error;
  return result.data;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await makeRandomCheckpoint(process.argv[2] ?? DEFAULT_FOLDER);
}
