/** @file The random checkpoint in every diffusers layout found in the wild: the same weights and configs, and why that one. */
import assert from "node:assert/strict";
import { chmod, cp, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type Checkpoint, openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { copyCheckpoint, readTensors } from "../support/checkpoint-copy.js";
import {
  COMPONENT_WEIGHTS,
  changeJson,
  renameToVariant,
  splitIntoShards,
  TEXT_WEIGHTS,
  UNET_WEIGHTS,
  VAE_WEIGHTS,
  writeHubRepository,
  writeMlflowFolder,
} from "../support/checkpoint-layouts.js";
import { graphWeights } from "../support/graph-weights.js";
import { randomCheckpointPath } from "../support/paths.js";
import { writeSafetensors } from "../support/safetensors-writer.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { writeTorchFile } from "../support/torch-writer.js";

const plain = await openCheckpoint({ modelDir: randomCheckpointPath });
const plainWeights = await graphWeights(plain);

async function assertSameModel(opened: Checkpoint): Promise<void> {
  assert.deepEqual(await graphWeights(opened), plainWeights);
  for (const part of ["textEncoder", "unet", "vae"] as const) {
    assert.deepEqual(opened[part].config, plain[part].config);
  }
  assert.deepEqual(opened.scheduler, plain.scheduler);
  assert.equal(opened.identity, plain.identity);
}

test("the plain folder says why it was taken", () => {
  assert.equal(plain.source.layout, "diffusers");
  assert.equal(plain.source.reason, "a diffusers folder, the only checkpoint there");
  assert.deepEqual(plain.warnings, []);
  assert.match(plain.identity, /^[0-9a-f]{64}$/);
});

test("a hub cache: from the cache's folder, the repository's and the snapshot's", async (t) => {
  const cache = await temporaryFolder(t);
  const repository = await writeHubRepository(cache);
  const snapshot = join(repository, "snapshots", "0123abcd");
  for (const modelDir of [cache, repository, snapshot]) {
    const opened = await openCheckpoint({ modelDir });
    await assertSameModel(opened);
    assert.equal(opened.directory, snapshot);
  }
  const { source } = await openCheckpoint({ modelDir: cache });
  assert.match(source.reason, /in a hub cache, revision 0123abcd, which refs\/main names/);
});

test("of a hub cache's revisions the one that refs/main names, or the only one", async (t) => {
  const cache = await temporaryFolder(t);
  const repository = await writeHubRepository(cache, { revision: "bbbb" });
  await cp(join(repository, "snapshots", "bbbb"), join(repository, "snapshots", "aaaa"), {
    recursive: true,
    verbatimSymlinks: true,
  });
  assert.equal((await openCheckpoint({ modelDir: cache })).directory, join(repository, "snapshots", "bbbb"));
  await writeFile(join(repository, "refs", "main"), "cccc");
  await assert.rejects(openCheckpoint({ modelDir: cache }), {
    code: "INVALID_CHECKPOINT",
    message: /snapshots: holds 2 revisions, and refs\/main names none of them/,
  });
  await rm(join(repository, "snapshots", "aaaa"), { recursive: true });
  const { source } = await openCheckpoint({ modelDir: cache });
  assert.match(source.reason, /revision bbbb, the only one/);
});

test("Azure ML's MLflow folder, with copies of every kind beside the one that is taken", async (t) => {
  const mount = await temporaryFolder(t);
  const artifacts = await writeMlflowFolder(join(mount, "sd2-inpainting", "12", "mlflow_model_folder"));
  const opened = await openCheckpoint({ modelDir: mount });
  await assertSameModel(opened);
  assert.equal(opened.source.reason, "a diffusers folder in an MLflow folder, preferred to single files");
  assert.deepEqual(opened.source.notTaken, [
    join(artifacts, "512-inpainting-ema.ckpt"),
    join(artifacts, "512-inpainting-ema.safetensors"),
  ]);
});

test("every component as .bin, which torch wrote", async (t) => {
  const folder = await copyCheckpoint(t);
  for (const file of COMPONENT_WEIGHTS) {
    const path = join(folder, file);
    const name = file === TEXT_WEIGHTS ? "pytorch_model.bin" : "diffusion_pytorch_model.bin";
    await writeTorchFile(join(dirname(path), name), await readTensors(path));
    await rm(path);
  }
  await assertSameModel(await openCheckpoint({ modelDir: folder }));
});

for (const variant of ["", "fp16"]) {
  test(`every component in shards${variant && ", as a variant"}`, async (t) => {
    const folder = await copyCheckpoint(t);
    for (const file of COMPONENT_WEIGHTS) await splitIntoShards(folder, file, { variant });
    await assertSameModel(await openCheckpoint({ modelDir: folder, variant: variant || undefined }));
  });
}

test("of weights that are there whole and in shards, those that the reference takes", async (t) => {
  // diffusers 0.39 and transformers 4.57, given shards of other weights beside the whole file: UNet and VAE came from
  // the shards, the text encoder from the whole file.
  const folder = await copyCheckpoint(t);
  for (const file of COMPONENT_WEIGHTS) {
    await splitIntoShards(folder, file);
    await cp(join(randomCheckpointPath, file), join(folder, file));
  }
  const { textEncoder, unet, vae } = await openCheckpoint({ modelDir: folder });
  assert.equal(textEncoder.weights.path, join(folder, TEXT_WEIGHTS));
  assert.equal(unet.weights.path, join(folder, `${UNET_WEIGHTS}.index.json`));
  assert.equal(vae.weights.path, join(folder, `${VAE_WEIGHTS}.index.json`));
});

test("VARIANT takes the variant's file where there is one, and tells where there is none", async (t) => {
  const folder = await copyCheckpoint(t);
  await cp(join(folder, UNET_WEIGHTS), join(folder, UNET_WEIGHTS.replace(".saf", ".fp16.saf")));
  await writeFile(join(folder, UNET_WEIGHTS), "not to be opened");
  const opened = await openCheckpoint({ modelDir: folder, variant: "fp16" });
  await assertSameModel(opened);
  assert.deepEqual(opened.warnings, [
    `${join(folder, "text_encoder")}: no weights of variant fp16; those without a variant are taken`,
    `${join(folder, "vae")}: no weights of variant fp16; those without a variant are taken`,
  ]);
  await assert.rejects(openCheckpoint({ modelDir: folder }), /unet.diffusion_pytorch_model\.safetensors: /);
});

test("a variant that no component has is refused", async () => {
  await assert.rejects(openCheckpoint({ modelDir: randomCheckpointPath, variant: "ema" }), {
    code: "INVALID_CHECKPOINT",
    message: /VARIANT is ema, and none of text_encoder, unet, vae has such weights/,
  });
});

test("weights that are there as one variant only are taken and told; as two, they are asked for", async (t) => {
  const folder = await copyCheckpoint(t);
  await renameToVariant(folder, VAE_WEIGHTS, "fp16");
  const opened = await openCheckpoint({ modelDir: folder });
  await assertSameModel(opened);
  assert.deepEqual(opened.warnings, [
    `${join(folder, "vae")}: no weights without a variant; the only ones there, variant fp16, are taken`,
  ]);
  await writeFile(join(folder, "vae", "diffusion_pytorch_model.ema.safetensors"), "not to be opened");
  await assert.rejects(openCheckpoint({ modelDir: folder }), {
    message: `${join(folder, VAE_WEIGHTS)}: this file is missing; VARIANT may name one of ema, fp16`,
  });
});

test("shards without their index are no weights", async (t) => {
  const folder = await copyCheckpoint(t);
  await splitIntoShards(folder, VAE_WEIGHTS, { variant: "fp16" });
  await rm(join(folder, `${VAE_WEIGHTS}.index.fp16.json`));
  await assert.rejects(openCheckpoint({ modelDir: folder }), {
    message: new RegExp(
      `${VAE_WEIGHTS}: this file is missing; nor is there any of .*\\.safetensors\\.index\\.json`,
    ),
  });
});

test("a link that leads out of the folder that was named is refused", async (t) => {
  const folder = await copyCheckpoint(t);
  await rm(join(folder, TEXT_WEIGHTS));
  await symlink(join(randomCheckpointPath, TEXT_WEIGHTS), join(folder, TEXT_WEIGHTS));
  await assert.rejects(openCheckpoint({ modelDir: folder }), {
    code: "INVALID_CHECKPOINT",
    message: /text_encoder.model\.safetensors: a link to .*, which lies outside of /,
  });
  await splitIntoShards(folder, UNET_WEIGHTS, { count: 2 });
  const shard = join(folder, "unet", "diffusion_pytorch_model-00002-of-00002.safetensors");
  const elsewhere = join(await temporaryFolder(t), "shard");
  await rename(shard, elsewhere);
  await symlink(elsewhere, shard);
  await rm(join(folder, TEXT_WEIGHTS));
  await cp(join(randomCheckpointPath, TEXT_WEIGHTS), join(folder, TEXT_WEIGHTS));
  await assert.rejects(openCheckpoint({ modelDir: folder }), /00002-of-00002\.safetensors: a link to /);
});

test("folders are searched without leaving the one that was named, and not for ever", async (t) => {
  const folder = await temporaryFolder(t);
  await symlink(randomCheckpointPath, join(folder, "elsewhere"));
  await assert.rejects(openCheckpoint({ modelDir: folder }), {
    message: new RegExp(`links out of it are not followed: ${join(folder, "elsewhere")}`),
  });
  await mkdir(join(folder, "a"));
  await symlink(folder, join(folder, "a", "loop"));
  const deep = join(folder, "1", "2", "3", "4", "5", "6", "7");
  await cp(randomCheckpointPath, deep, { recursive: true });
  await assert.rejects(openCheckpoint({ modelDir: folder }), /model_index\.json: this file is missing/);
  await cp(randomCheckpointPath, join(folder, "1", "2", "3", "4", "5", "6"), { recursive: true });
  const { directory } = await openCheckpoint({ modelDir: folder });
  assert.equal(directory, join(folder, "1", "2", "3", "4", "5", "6"));
});

/** Root may read everything, so it works as somebody else. */
async function withoutPrivilege(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

test("a folder that may not be read, as a disk's lost+found, hides nothing else", async (t) => {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  const closed = join(folder, "lost+found");
  await mkdir(closed, { mode: 0 });
  await withoutPrivilege(async () => {
    await assert.rejects(openCheckpoint({ modelDir: folder }), {
      code: "INVALID_CHECKPOINT",
      message: new RegExp(`no other checkpoint was found in ${folder}; may not be read: .*lost\\+found$`),
    });
  });
  await cp(randomCheckpointPath, join(folder, "model"), { recursive: true });
  await withoutPrivilege(async () => assertSameModel(await openCheckpoint({ modelDir: folder })));
});

test("a folder of too many files is not searched through", async (t) => {
  const folder = await temporaryFolder(t);
  for (let i = 0; i < 21; i++) {
    const below = join(folder, String(i));
    await mkdir(below);
    await Promise.all(Array.from({ length: 1000 }, (_, file) => symlink("nowhere", join(below, `${file}`))));
  }
  await assert.rejects(openCheckpoint({ modelDir: folder }), /more than 20000 files were looked at/);
});

test("PREDICTION_TYPE wins over the scheduler's config, and says so", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "scheduler", "scheduler_config.json");
  const unsaid = await openCheckpoint({ modelDir: folder, predictionType: "v_prediction" });
  assert.equal(unsaid.scheduler.predictionType, "v_prediction");
  assert.deepEqual(unsaid.warnings, [
    `${path}: prediction_type is nothing, which means epsilon; PREDICTION_TYPE says v_prediction and is followed`,
  ]);
  await changeJson(path, { prediction_type: "v_prediction" });
  const agreed = await openCheckpoint({ modelDir: folder, predictionType: "v_prediction" });
  assert.deepEqual(agreed.warnings, []);
  const against = await openCheckpoint({ modelDir: folder, predictionType: "epsilon" });
  assert.equal(against.scheduler.predictionType, "epsilon");
  assert.match(against.warnings[0] ?? "", /prediction_type is v_prediction; PREDICTION_TYPE says epsilon/);
});

test("TOKENIZER_DIR is read instead of the checkpoint's own tokenizer", async (t) => {
  const folder = await copyCheckpoint(t);
  const tokenizerDir = join(await temporaryFolder(t), "mine");
  await cp(join(folder, "tokenizer"), tokenizerDir, { recursive: true });
  await rm(join(folder, "tokenizer"), { recursive: true });
  const { tokenizer } = await openCheckpoint({ modelDir: folder, tokenizerDir });
  assert.deepEqual({ ...tokenizer, path: "" }, { ...plain.tokenizer, path: "" });
});

test("the identity differs with a weight, a shape and a config", async (t) => {
  const folder = await copyCheckpoint(t);
  const tensors = await readTensors(join(folder, VAE_WEIGHTS));
  for (const tensor of tensors.values()) tensor.bytes[0] = (tensor.bytes[0] ?? 0) ^ 1;
  await writeSafetensors(join(folder, VAE_WEIGHTS), tensors);
  const weight = (await openCheckpoint({ modelDir: folder })).identity;
  await changeJson(join(folder, "vae", "config.json"), { scaling_factor: 0.5 });
  const config = (await openCheckpoint({ modelDir: folder })).identity;
  assert.equal(new Set([plain.identity, weight, config]).size, 3);
});
