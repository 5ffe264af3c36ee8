/** @file Checkpoint folders with something missing or wrong: the error names the file and the key. */
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { copyCheckpoint } from "../support/checkpoint-copy.js";
import { modelPath } from "../support/paths.js";

test("the embedded model opens as what it is", async () => {
  const { unet, vae, textEncoder, scheduler, tokenizer } = await openCheckpoint(modelPath);
  assert.equal(unet.config.inChannels, 9);
  assert.equal(unet.config.sampleSize * vae.config.scaleFactor, 512);
  assert.equal(vae.config.scalingFactor, 0.18215);
  assert.equal(textEncoder.config.hiddenAct, "gelu");
  assert.equal(scheduler.className, "PNDMScheduler");
  assert.equal(scheduler.timestepSpacing, undefined, "a key that is not in the file is not made up");
  assert.equal(tokenizer.padToken.content, "!", "special_tokens_map.json overrules tokenizer_config.json");
});

test("a folder that is not there", async () => {
  await assert.rejects(openCheckpoint("/no/such/model"), {
    code: "INVALID_CHECKPOINT",
    message: "/no/such/model: there is no such folder",
  });
});

const FILES = [
  "model_index.json",
  "unet/config.json",
  "unet/diffusion_pytorch_model.safetensors",
  "vae/config.json",
  "text_encoder/model.safetensors",
  "scheduler/scheduler_config.json",
  "tokenizer/vocab.json",
  "tokenizer/merges.txt",
  "tokenizer/special_tokens_map.json",
];

for (const name of FILES) {
  test(`without ${name} the error names it`, async (t) => {
    const folder = await copyCheckpoint(t);
    await rm(join(folder, name));
    await assert.rejects(openCheckpoint(folder), (error: Error & { code?: string }) => {
      assert.equal(error.code, "INVALID_CHECKPOINT");
      assert.ok(error.message.startsWith(`${join(folder, name)}: `), error.message);
      return true;
    });
  });
}

const BAD_KEYS: readonly (readonly [file: string, key: string, value: unknown])[] = [
  ["unet/config.json", "in_channels", 4],
  ["unet/config.json", "class_embed_type", "timestep"],
  ["unet/config.json", "act_fn", "gelu"],
  ["unet/config.json", "down_block_types", ["AttnDownBlock2D"]],
  ["unet/config.json", "layers_per_block", [2, 2]],
  ["unet/config.json", "block_out_channels", []],
  ["unet/config.json", "sample_size", "64"],
  ["vae/config.json", "latent_channels", 16],
  ["vae/config.json", "shift_factor", 0.1],
  ["text_encoder/config.json", "hidden_act", "relu"],
  ["text_encoder/config.json", "num_attention_heads", 7],
  ["scheduler/scheduler_config.json", "prediction_type", "flow_prediction"],
  ["scheduler/scheduler_config.json", "_class_name", 3],
  ["tokenizer/tokenizer_config.json", "model_max_length", 64],
];

for (const [file, key, value] of BAD_KEYS) {
  test(`${file} with ${key} ${JSON.stringify(value)} is refused by name`, async (t) => {
    const folder = await copyCheckpoint(t);
    const path = join(folder, file);
    const config: object = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...config, [key]: value }));
    await assert.rejects(openCheckpoint(folder), (error: Error) => {
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.ok(error.message.includes(key), error.message);
      return true;
    });
  });
}

test("a config that is not JSON, and one too large to be one", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "unet/config.json");
  await writeFile(path, "{");
  await assert.rejects(openCheckpoint(folder), { message: `${path}: not JSON` });
  await writeFile(path, " ".repeat(16_000_001));
  await assert.rejects(openCheckpoint(folder), /config\.json: 16000001 bytes; at most 16000000 are read/);
});
