/**
 * @file Proof that the network goldens can fail: scaling any one tensor of a checkpoint by 1.01 breaks one of them.
 * The exceptions are the biases of attention keys: they shift all scores of a query alike, which softmax undoes.
 */
import assert from "node:assert/strict";
import { cp, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import type { StoredTensor } from "../../src/checkpoint/safetensors-file.js";
import type { Networks } from "../../src/diffusion/networks.js";
import { OnnxNetworks } from "../../src/runtime/onnx-networks.js";
import { NETWORK_GOLDENS, NETWORK_TOLERANCE, type NetworkGolden } from "../support/network-goldens.js";
import { modelPath } from "../support/paths.js";

const SCALE = 1.01;
const WITHOUT_EFFECT = /\.(k_proj|to_k)\.bias$/;

const folder = await mkdtemp(join(tmpdir(), "sensitivity-"));
after(() => rm(folder, { recursive: true }));
await cp(modelPath, folder, { recursive: true });
const checkpoint = await openCheckpoint(folder);

const components = {
  text_encoder: checkpoint.textEncoder.weights,
  unet: checkpoint.unet.weights,
  vae: checkpoint.vae.weights,
} as const;

for (const [component, weights] of Object.entries(components)) {
  test(`${component}: a golden fails for each tensor scaled by ${SCALE}`, async (t) => {
    const goldens = NETWORK_GOLDENS.filter((golden) => golden.component === component);
    const unnoticed: string[] = [];
    let smallest = { error: Number.POSITIVE_INFINITY, name: "" };
    for (const tensor of weights.tensors.values()) {
      const error = await withScaled(weights.path, tensor, () => largestError(goldens));
      if (error <= NETWORK_TOLERANCE) unnoticed.push(tensor.name);
      else if (error < smallest.error) smallest = { error, name: tensor.name };
    }
    const { size } = weights.tensors;
    t.diagnostic(
      `${size - unnoticed.length} of ${size} tensors noticed; least ${smallest.error.toExponential(1)}, ${smallest.name}`,
    );
    assert.deepEqual(
      unnoticed.sort(),
      [...weights.tensors.keys()].filter((name) => WITHOUT_EFFECT.test(name)).sort(),
    );
  });
}

/** Runs `check` while the file holds `tensor` times SCALE. */
async function withScaled<T>(path: string, tensor: StoredTensor, check: () => Promise<T>): Promise<T> {
  const file = await open(path, "r+");
  try {
    const original = new Uint8Array(tensor.length);
    await file.read(original, 0, tensor.length, tensor.offset);
    const scaled = new Float32Array(original.slice().buffer).map((value) => value * SCALE);
    await file.write(new Uint8Array(scaled.buffer), 0, tensor.length, tensor.offset);
    try {
      return await check();
    } finally {
      await file.write(original, 0, tensor.length, tensor.offset);
    }
  } finally {
    await file.close();
  }
}

async function largestError(goldens: readonly NetworkGolden[]): Promise<number> {
  const networks: OnnxNetworks = await OnnxNetworks.open(checkpoint, { threads: 2 });
  try {
    const errors = [];
    for (const golden of goldens) errors.push(await relativeError(golden, networks));
    return Math.max(...errors);
  } finally {
    await networks.release();
  }
}

/** max|a − b| / max|b| */
async function relativeError({ run, expected }: NetworkGolden, networks: Networks): Promise<number> {
  const actual = await run(networks);
  let error = 0;
  let largest = 0;
  for (const [i, value] of expected.data.entries()) {
    error = Math.max(error, Math.abs((actual.data[i] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return error / largest;
}
