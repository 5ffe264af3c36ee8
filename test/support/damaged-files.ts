/**
 * @file Valid files of every kind that a checkpoint has, damaged: each opens or is refused with an InpaintError that
 * names it, and every tensor that is found lies within the file. Knows what must hold; how often it is tried is the
 * caller's to say.
 */
import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { parseSchedulerConfig } from "../../src/checkpoint/config/scheduler-config.js";
import { parseTextEncoderConfig } from "../../src/checkpoint/config/text-encoder-config.js";
import { parseUnetConfig } from "../../src/checkpoint/config/unet-config.js";
import { parseVaeConfig } from "../../src/checkpoint/config/vae-config.js";
import { readJsonFile } from "../../src/checkpoint/files/json-file.js";
import { readOriginalConfig } from "../../src/checkpoint/single-file/original-config.js";
import { readTokenizerFiles } from "../../src/checkpoint/tokenizer/tokenizer-files.js";
import { openWeights } from "../../src/checkpoint/weights/open-weights.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { splitIntoShards, VAE_WEIGHTS } from "./checkpoint-layouts.js";
import { damaged, damages } from "./damage.js";
import { fixturePath, randomCheckpointPath } from "./paths.js";
import { type TensorToWrite, writeSafetensors } from "./safetensors-writer.js";

interface Subject {
  /** The file that is damaged, in a folder of its own. */
  readonly path: string;
  /** Opens what the file is a part of; rejects or asserts. */
  readonly open: () => Promise<unknown>;
}

/** Registers a test for each kind of file, which tries `runs` damages. */
export async function testDamagedFiles(runs: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "damaged-"));
  after(() => rm(folder, { recursive: true }));
  const subjects = [
    ...(await weightsFiles(folder)),
    await shardIndex(folder),
    ...(await configs(folder)),
    ...(await tokenizerFiles(folder)),
    await sidecar(folder),
  ];
  for (const { path, open } of subjects) {
    test(`${path.slice(folder.length + 1)}, damaged in any way`, async (t) => {
      const whole = await readFile(path);
      await open(); // the whole one opens
      const outcomes = { opened: 0, refused: 0 };
      const property = fc.asyncProperty(damages, async (all) => {
        await writeFile(path, damaged(whole, all));
        const error: unknown = await open().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) outcomes.opened++;
        else {
          assertRefusal(error, folder);
          outcomes.refused++;
        }
      });
      await fc.assert(property, { numRuns: runs }).finally(() => writeFile(path, whole));
      t.diagnostic(`${outcomes.opened} opened, ${outcomes.refused} refused`);
      assert.ok(outcomes.refused > 0);
    });
  }
}

function assertRefusal(error: unknown, folder: string): void {
  if (!(error instanceof InpaintError)) throw error;
  assert.equal(error.code, "INVALID_CHECKPOINT");
  assert.ok(error.message.startsWith(`${folder}/`), error.message);
  assert.doesNotMatch(error.message, /\n/);
  assert.ok(error.message.length < 2000, `a message of ${error.message.length} characters`);
  assert.ok(!(error.cause instanceof TypeError), "no bug behind a refusal");
}

/** Every tensor of `path` lies within its file. */
async function openWithin(path: string): Promise<void> {
  const { tensors } = await openWeights(path);
  for (const { offset, length, file } of tensors.values()) {
    const { byteLength } = await readFile(join(file.directory, file.fileName));
    assert.ok(offset >= 0 && length >= 0 && offset + length <= byteLength);
  }
}

async function weightsFiles(folder: string): Promise<readonly Subject[]> {
  const tensor = (shape: readonly number[]): TensorToWrite => ({
    dtype: "F32",
    shape,
    bytes: new Uint8Array(24),
  });
  const tensors = new Map([
    ["a", tensor([2, 3])],
    ["b.weight", tensor([6])],
  ]);
  await writeSafetensors(join(folder, "whole.safetensors"), tensors);
  const torch = ["trainer.ckpt", "trainer-4.ckpt", "module.bin", "shared.pt"];
  for (const name of torch) await cp(fixturePath(`golden/torch_files/${name}`), join(folder, name));
  return ["whole.safetensors", ...torch].map((name) => {
    const path = join(folder, name);
    return { path, open: () => openWithin(path) };
  });
}

async function shardIndex(folder: string): Promise<Subject> {
  await cp(join(randomCheckpointPath, VAE_WEIGHTS), join(folder, VAE_WEIGHTS));
  await splitIntoShards(folder, VAE_WEIGHTS, { count: 2 });
  const path = join(folder, `${VAE_WEIGHTS}.index.json`);
  return { path, open: () => openWeights(path) };
}

async function configs(folder: string): Promise<readonly Subject[]> {
  const parsers = {
    "text_encoder/config.json": parseTextEncoderConfig,
    "unet/config.json": parseUnetConfig,
    "vae/config.json": parseVaeConfig,
    "scheduler/scheduler_config.json": parseSchedulerConfig,
  } as const;
  const subjects: Subject[] = [];
  for (const [name, parse] of Object.entries(parsers)) {
    const path = join(folder, name);
    await cp(join(randomCheckpointPath, name), path);
    subjects.push({ path, open: () => readJsonFile<unknown>(path, parse) });
  }
  return subjects;
}

async function tokenizerFiles(folder: string): Promise<readonly Subject[]> {
  const directory = join(folder, "tokenizer");
  await cp(join(randomCheckpointPath, "tokenizer"), directory, { recursive: true });
  return (await readdir(directory)).map((name) => ({
    path: join(directory, name),
    open: () => readTokenizerFiles(directory),
  }));
}

async function sidecar(folder: string): Promise<Subject> {
  const path = join(folder, "model.yaml");
  const yaml =
    'model:\n  params:\n    parameterization: "v"\n    linear_start: 0.001 # not the usual\n' +
    "    unet_config:\n      params: { num_head_channels: 32, attention_resolutions: [ 4, 2, 1 ] }\n";
  await writeFile(path, yaml);
  return { path, open: () => readOriginalConfig(join(folder, "model.ckpt"), folder) };
}
