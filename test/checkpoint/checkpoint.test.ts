/** @file Checkpoint folders with something missing or wrong: the error names the file and the key. */
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { copyCheckpoint } from "../support/checkpoint-copy.js";
import { randomCheckpointPath } from "../support/paths.js";

test("the random checkpoint opens as what it is", async () => {
  const { unet, vae, textEncoder, scheduler, tokenizer } = await openCheckpoint({
    modelDir: randomCheckpointPath,
  });
  assert.equal(unet.config.inChannels, 9);
  assert.equal(unet.config.sampleSize * vae.config.scaleFactor, 512);
  assert.equal(vae.config.scalingFactor, 0.18215);
  assert.equal(textEncoder.config.hiddenAct, "gelu");
  assert.equal(scheduler.className, "PNDMScheduler");
  assert.equal(scheduler.timestepSpacing, undefined, "a key that is not in the file is not made up");
  assert.equal(tokenizer.padToken.content, "!", "special_tokens_map.json overrules tokenizer_config.json");
});

test("a folder that is not there", async () => {
  await assert.rejects(openCheckpoint({ modelDir: "/no/such/model" }), {
    code: "INVALID_CHECKPOINT",
    message: "/no/such/model: there is no such file or folder",
  });
});

test("the only checkpoint one level below the folder is taken, of several none", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "mounted-"));
  t.after(() => rm(folder, { recursive: true }));
  await cp(randomCheckpointPath, join(folder, "sd2-inpainting"), { recursive: true });
  assert.equal((await openCheckpoint({ modelDir: folder })).directory, join(folder, "sd2-inpainting"));
  await cp(randomCheckpointPath, join(folder, "another"), { recursive: true });
  await assert.rejects(
    openCheckpoint({ modelDir: folder }),
    /holds several checkpoints \(another, sd2-inpainting\)/,
  );
});

test("what is no regular file is refused without waiting for it", async (t) => {
  const folder = await copyCheckpoint(t);
  for (const name of ["tokenizer/merges.txt", "vae/diffusion_pytorch_model.safetensors"]) {
    const path = join(folder, name);
    await rename(path, `${path}.away`);
    await symlink("/dev/zero", path);
    await assert.rejects(openCheckpoint({ modelDir: folder }), {
      message: `${path}: a link to /dev/zero, which lies outside of ${folder}`,
    });
    await rm(path);
    await mkdir(path);
    await assert.rejects(openCheckpoint({ modelDir: folder }), {
      message: `${path}: this is not a regular file`,
    });
    await rm(path, { recursive: true });
    await rename(`${path}.away`, path);
  }
});

test("a token without its row in the text encoder's table is refused by name", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "tokenizer/vocab.json");
  const vocabulary: object = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...vocabulary, "dog</w>": 5_000_000_000 }));
  await assert.rejects(
    openCheckpoint({ modelDir: folder }),
    /vocab\.json: "dog<\/w>" has id 5000000000.*vocab_size is 927/,
  );
});

test("a merge that is no pair of words of the vocabulary is named, as the reference does", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "tokenizer/merges.txt");
  const merges = await readFile(path, "utf8");
  for (const stray of ["abc", "a b c", "zzz yyy", "q zzz</w>"]) {
    await writeFile(path, `${merges.trimEnd()}\n${stray}\n`);
    await assert.rejects(openCheckpoint({ modelDir: folder }), {
      code: "INVALID_CHECKPOINT",
      message: `${path}: "${stray}" is no merge of two words of the vocabulary`,
    });
  }
});

test("merges with carriage returns are the same merges", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "tokenizer/merges.txt");
  await writeFile(path, (await readFile(path, "utf8")).replaceAll("\n", "\r\n"));
  const { merges } = (await openCheckpoint({ modelDir: folder })).tokenizer;
  assert.deepEqual(merges, (await openCheckpoint({ modelDir: randomCheckpointPath })).tokenizer.merges);
});

test("a pad token named in added_tokens_decoder's file overrules special_tokens_map.json", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "tokenizer/tokenizer_config.json");
  const config: object = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...config, added_tokens_decoder: {} }));
  assert.equal((await openCheckpoint({ modelDir: folder })).tokenizer.padToken.content, "<|endoftext|>");
});

test("an added token needs its row in the text encoder's table, and a rule that is known", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "tokenizer/tokenizer_config.json");
  const config: object = JSON.parse(await readFile(path, "utf8"));
  const write = (token: object) =>
    writeFile(path, JSON.stringify({ ...config, added_tokens_decoder: { 927: token } }));
  await write({ content: "<my-style>" });
  await assert.rejects(
    openCheckpoint({ modelDir: folder }),
    /"<my-style>" has id 927, but the text encoder's vocab_size is 927/,
  );
  await write({ content: "<my-style>", single_word: true });
  await assert.rejects(openCheckpoint({ modelDir: folder }), /added_tokens_decoder.*single_word/);
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
    await assert.rejects(openCheckpoint({ modelDir: folder }), (error: Error & { code?: string }) => {
      assert.equal(error.code, "INVALID_CHECKPOINT");
      assert.ok(error.message.startsWith(`${join(folder, name)}: `), error.message);
      return true;
    });
  });
}

const BAD_KEYS: readonly (readonly [file: string, key: string, value: unknown])[] = [
  ["unet/config.json", "in_channels", 5],
  ["unet/config.json", "class_embed_type", "timestep"],
  ["unet/config.json", "act_fn", "gelu"],
  ["unet/config.json", "down_block_types", ["AttnDownBlock2D"]],
  ["unet/config.json", "layers_per_block", [2, 2]],
  ["unet/config.json", "block_out_channels", []],
  ["unet/config.json", "sample_size", "64"],
  ["unet/config.json", "sample_size", 100_000],
  ["unet/config.json", "layers_per_block", 1e9],
  ["unet/config.json", "transformer_layers_per_block", [1, 1, 1e6, 1]],
  ["unet/config.json", "block_out_channels", [8, 16, 32, 1e9]],
  ["unet/config.json", "block_out_channels", Array(200_000).fill(8)],
  ["unet/config.json", "norm_num_groups", 2e9],
  ["unet/config.json", "norm_num_groups", 3],
  ["unet/config.json", "attention_head_dim", 3],
  ["unet/config.json", "freq_shift", 4],
  ["vae/config.json", "layers_per_block", 1e8],
  ["vae/config.json", "norm_num_groups", 1e9],
  ["vae/config.json", "norm_num_groups", 3],
  ["vae/config.json", "scaling_factor", 1e300],
  ["vae/config.json", "up_block_types", ["UpDecoderBlock2D"]],
  ["text_encoder/config.json", "num_hidden_layers", 1e9],
  ["text_encoder/config.json", "max_position_embeddings", 40_000],
  ["text_encoder/config.json", "vocab_size", 1e12],
  ["vae/config.json", "latent_channels", 16],
  ["vae/config.json", "shift_factor", 0.1],
  ["text_encoder/config.json", "hidden_act", "relu"],
  ["text_encoder/config.json", "num_attention_heads", 7],
  ["scheduler/scheduler_config.json", "prediction_type", "flow_prediction"],
  ["scheduler/scheduler_config.json", "_class_name", 3],
  ["tokenizer/tokenizer_config.json", "model_max_length", 64],
];

for (const [file, key, value] of BAD_KEYS) {
  test(`${file} with ${key} ${JSON.stringify(value).slice(0, 60)} is refused by name`, async (t) => {
    const folder = await copyCheckpoint(t);
    const path = join(folder, file);
    const config: object = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...config, [key]: value }));
    await assert.rejects(openCheckpoint({ modelDir: folder }), (error: Error) => {
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.ok(error.message.includes(key), error.message);
      return true;
    });
  });
}

test("a vocabulary without the token that ends every prompt is named", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "tokenizer/vocab.json");
  const vocabulary = await readFile(path, "utf8");
  await writeFile(path, vocabulary.replace("<|endoftext|>", "<|gone|>"));
  await assert.rejects(openCheckpoint({ modelDir: folder }), {
    code: "INVALID_CHECKPOINT",
    message: `${path}: has no "<|endoftext|>", which every prompt needs`,
  });
});

test("a config that is not JSON, and one too large to be one", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "unet/config.json");
  await writeFile(path, "{");
  await assert.rejects(openCheckpoint({ modelDir: folder }), /unet.config\.json: not JSON: .*position 1/);
  await writeFile(path, " ".repeat(1_000_001));
  await assert.rejects(
    openCheckpoint({ modelDir: folder }),
    /config\.json: 1000001 bytes; at most 1000000 are read/,
  );
});
