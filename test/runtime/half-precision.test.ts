/** @file Weights stored as F16 or BF16 give what the same values stored as F32 give. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { OnnxNetworks } from "../../src/runtime/onnx-networks.js";
import { copyCheckpoint, readTensors } from "../support/checkpoint-copy.js";
import { NETWORK_GOLDENS } from "../support/network-goldens.js";
import { type TensorToWrite, writeSafetensors } from "../support/safetensors-writer.js";

interface HalfFormat {
  readonly dtype: "F16" | "BF16";
  /** float32 bits → half bits, cutting the mantissa off. */
  readonly narrow: (bits: number) => number;
  /** half bits → float32 bits of the same value. */
  readonly widen: (half: number) => number;
}

/** 5 exponent bits: what is too small for a normal number becomes zero. No weight here is too large. */
const F16: HalfFormat = {
  dtype: "F16",
  narrow: (bits) => {
    const sign = (bits >>> 16) & 0x8000;
    const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
    return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
  },
  widen: (half) => {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    return exponent === 0 ? sign : sign | ((exponent - 15 + 127) << 23) | ((half & 0x3ff) << 13);
  },
};
const BF16: HalfFormat = { dtype: "BF16", narrow: (bits) => bits >>> 16, widen: (half) => half << 16 };

const FILES = {
  text_encoder: "text_encoder/model.safetensors",
  unet: "unet/diffusion_pytorch_model.safetensors",
  vae: "vae/diffusion_pytorch_model.safetensors",
} as const;

/** The outputs of a component's goldens on the random checkpoint with its weights rewritten. */
async function outputs(
  t: TestContext,
  component: keyof typeof FILES,
  rewrite: (tensor: TensorToWrite) => TensorToWrite,
) {
  const folder = await copyCheckpoint(t);
  const path = join(folder, FILES[component]);
  const tensors = await readTensors(path);
  await writeSafetensors(path, new Map([...tensors].map(([name, tensor]) => [name, rewrite(tensor)])));
  const networks = await OnnxNetworks.open(await openCheckpoint({ modelDir: folder }), { threads: 1 });
  const results = [];
  for (const golden of NETWORK_GOLDENS.filter((one) => one.component === component)) {
    results.push((await golden.run(networks)).data);
  }
  await networks.release();
  return results;
}

const wordsOf = ({ bytes }: TensorToWrite) => new Uint32Array(new Uint8Array(bytes).buffer);

for (const { dtype, narrow, widen } of [F16, BF16]) {
  for (const component of ["text_encoder", "unet", "vae"] as const) {
    test(`${component} from ${dtype}`, async (t) => {
      const half = await outputs(t, component, (tensor) => ({
        dtype,
        shape: tensor.shape,
        bytes: new Uint8Array(Uint16Array.from(wordsOf(tensor), narrow).buffer),
      }));
      const full = await outputs(t, component, (tensor) => ({
        dtype: "F32",
        shape: tensor.shape,
        bytes: new Uint8Array(wordsOf(tensor).map((bits) => widen(narrow(bits))).buffer),
      }));
      assert.deepEqual(half, full);
    });
  }
}
