/** @file One model in several layouts makes one image, byte for byte: the runtime reads links, shards and zip entries. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ModelOptions } from "../../../src/engine/protocol.js";
import { copyCheckpoint, readTensors } from "../../support/checkpoint-copy.js";
import {
  splitIntoShards,
  TEXT_WEIGHTS,
  UNET_WEIGHTS,
  VAE_WEIGHTS,
  writeHubRepository,
} from "../../support/checkpoint-layouts.js";
import { noiseFloats } from "../../support/integer-noise.js";
import { randomCheckpointPath } from "../../support/paths.js";
import { runJob } from "../../support/run-job.js";
import { writeSafetensors } from "../../support/safetensors-writer.js";
import { sampleJob } from "../../support/sample.js";
import {
  readSingleFileGolden,
  singleFileTensors,
  weightsOf,
  writeDiffusersFolder,
} from "../../support/single-file-golden.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { loadTestModel } from "../../support/test-model.js";
import { writeTorchFile } from "../../support/torch-writer.js";

const silent = { signal: new AbortController().signal, onStarted: () => {}, onProgress: () => {} };

async function imageOf(t: TestContext, options: Partial<ModelOptions>): Promise<Uint8Array> {
  const model = await loadTestModel(options);
  t.after(() => model.release());
  const job = sampleJob({ preserveUnmasked: false, seed: 3 });
  return (await runJob(model, job, silent)).image.data;
}

test("the random checkpoint in a hub cache, and in shards and .bin files", async (t) => {
  const plain = await imageOf(t, { modelDir: randomCheckpointPath });
  assert.ok(new Set(plain).size > 50, "a picture, not a plane");
  const cache = await temporaryFolder(t);
  await writeHubRepository(cache);
  assert.deepEqual(await imageOf(t, { modelDir: cache }), plain);
  const mixed = await copyCheckpoint(t);
  await splitIntoShards(mixed, UNET_WEIGHTS);
  await splitIntoShards(mixed, TEXT_WEIGHTS, { count: 2 });
  const vae = join(mixed, VAE_WEIGHTS);
  await writeTorchFile(join(dirname(vae), "diffusion_pytorch_model.bin"), await readTensors(vae));
  await rm(vae);
  assert.deepEqual(await imageOf(t, { modelDir: mixed }), plain);
});

/** Every network on small inputs: an image of these models would take seconds and show no more. */
async function outputsOf(t: TestContext, options: Partial<ModelOptions>): Promise<readonly Float32Array[]> {
  const model = await loadTestModel(options);
  t.after(() => model.release());
  const { networks, tokenizer } = model;
  const noise = (shape: readonly number[]) => ({
    shape,
    data: noiseFloats(
      shape.reduce((count, size) => count * size, 1),
      shape.length,
    ),
  });
  const states = await networks.encodePrompt(tokenizer.encode("a cat on a park bench").ids, 0);
  const outputs = [
    states,
    await networks.predictNoise(noise([1, 9, 8, 6]), Float32Array.of(501), states),
    await networks.encodeImage(noise([1, 3, 32, 24])),
    await networks.decodeLatents(noise([1, 4, 4, 3])),
  ];
  return outputs.map(({ data }) => data);
}

for (const name of ["tiny-sd1-inpainting", "tiny-sd2-inpainting"] as const) {
  test(`${name} as a diffusers folder and as a single file of either format`, async (t) => {
    const folder = await temporaryFolder(t);
    const golden = readSingleFileGolden(name);
    const weights = weightsOf(golden, 5);
    await writeDiffusersFolder(join(folder, "diffusers"), golden, weights, { _class_name: "PNDMScheduler" });
    const plain = await outputsOf(t, { modelDir: join(folder, "diffusers") });
    const tensors = singleFileTensors(golden, weights);
    const told = {
      tokenizerDir: join(randomCheckpointPath, "tokenizer"),
      predictionType: "epsilon",
    } as const;
    await writeSafetensors(join(folder, "model.safetensors"), tensors);
    assert.deepEqual(await outputsOf(t, { modelDir: join(folder, "model.safetensors"), ...told }), plain);
    await writeTorchFile(join(folder, "model.ckpt"), tensors);
    assert.deepEqual(await outputsOf(t, { modelDir: join(folder, "model.ckpt"), ...told }), plain);
  });
}
