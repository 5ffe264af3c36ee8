/** @file The untrained network is the measured one, but for what training put into denoiser and text encoder. */
import assert from "node:assert/strict";
import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeUntrainedCopy } from "../../../models/evaluation/untrained-copy.js";
import { EMBEDDED_MODEL_DIR } from "../../../src/bin/package-paths.js";
import { openCheckpoint } from "../../../src/checkpoint/checkpoint.js";
import { openWeights } from "../../../src/checkpoint/weights/open-weights.js";
import type { StoredTensor, WeightSet } from "../../../src/checkpoint/weights/weights.js";
import { writeSafetensors } from "../../support/safetensors-writer.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const shapes = ({ tensors }: WeightSet) =>
  [...tensors].map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape}`).sort();

async function bytesOf({ file, offset, length }: StoredTensor): Promise<Buffer> {
  return (await readFile(file.path)).subarray(offset, offset + length);
}

test("a copy opens, has the same tensors with other weights, and the same autoencoder; the model stays", async (t) => {
  const [model, folder] = [await temporaryFolder(t), await temporaryFolder(t)];
  await cp(EMBEDDED_MODEL_DIR, model, { recursive: true });
  const trained = await openCheckpoint({ modelDir: model });
  const before = await readFile(trained.unet.weights.path);
  await writeUntrainedCopy(model, folder);
  const untrained = await openCheckpoint({ modelDir: folder });
  for (const part of ["unet", "textEncoder", "vae"] as const)
    assert.deepEqual(shapes(untrained[part].weights), shapes(trained[part].weights));
  assert.notEqual(untrained.identity, trained.identity);
  assert.deepEqual(await readFile(untrained.vae.weights.path), await readFile(trained.vae.weights.path));
  assert.deepEqual(await readFile(trained.unet.weights.path), before);
  for (const [part, name] of [
    ["unet", "conv_in.weight"],
    ["unet", "time_embedding.linear_1.bias"],
    ["textEncoder", "text_model.embeddings.token_embedding.weight"],
  ] as const) {
    const [one, other] = [untrained, trained].map(({ [part]: { weights } }) => weights.tensors.get(name));
    assert.ok(one && other);
    assert.notDeepEqual(await bytesOf(one), await bytesOf(other), name);
  }
});

test("halves: norms the identity, layers within 1/√inputs with their bias, whole numbers as they were", async (t) => {
  const [model, folder] = [await temporaryFolder(t), await temporaryFolder(t)];
  const half = (...shape: number[]) => {
    const bytes = new Uint8Array(shape.reduce((count, size) => count * size, 2)).fill(0x55);
    return { dtype: "F16", shape, bytes } as const;
  };
  for (const [component, name] of [
    ["unet", "diffusion_pytorch_model.safetensors"],
    ["text_encoder", "model.safetensors"],
  ] as const) {
    await mkdir(join(model, component));
    const tensors = {
      "conv_norm_out.weight": half(4),
      "conv_norm_out.bias": half(4),
      "conv.weight": half(8, 16, 2, 2),
      "conv.bias": half(8),
      position_ids: { dtype: "I64", shape: [1], bytes: new Uint8Array(8).fill(7) } as const,
    };
    await writeSafetensors(join(model, component, name), new Map(Object.entries(tensors)));
  }
  await writeUntrainedCopy(model, folder);
  const { tensors } = await openWeights(join(folder, "text_encoder/model.safetensors"));
  const bits = async (name: string) => {
    const tensor = tensors.get(name);
    assert.ok(tensor);
    const bytes = await bytesOf(tensor);
    return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
  };
  assert.deepEqual(await bits("conv_norm_out.weight"), Array(4).fill(0x3c00));
  assert.deepEqual(await bits("conv_norm_out.bias"), Array(4).fill(0));
  assert.deepEqual(await bits("position_ids"), Array(4).fill(0x0707));
  for (const name of ["conv.weight", "conv.bias"]) {
    const magnitudes = (await bits(name)).map((value) => value & 0x7fff);
    // 1/√64 is 0x3000; halves are in the order of their bits
    assert.ok(Math.max(...magnitudes) <= 0x3000 && new Set(magnitudes).size > 6, `${name} ${magnitudes}`);
  }
});
