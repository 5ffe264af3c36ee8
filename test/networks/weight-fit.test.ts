/** @file Weights that do not fit the config are named, with both shapes, before any session is made. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { buildNetworks } from "../../src/networks/build-networks.js";
import { copyCheckpoint, readTensors } from "../support/checkpoint-copy.js";
import { randomCheckpointPath } from "../support/paths.js";
import { type TensorToWrite, writeSafetensors } from "../support/safetensors-writer.js";

const UNET = "unet/diffusion_pytorch_model.safetensors";
const VAE = "vae/diffusion_pytorch_model.safetensors";
const TEXT = "text_encoder/model.safetensors";
const zeros = (...shape: readonly number[]): TensorToWrite => ({
  dtype: "F32",
  shape,
  bytes: new Uint8Array(shape.reduce((count, size) => count * size, 4)),
});

const MISFITS: readonly {
  readonly what: string;
  readonly file: string;
  readonly spoil: (tensors: Map<string, TensorToWrite>) => void;
  readonly messages: readonly string[];
}[] = [
  {
    what: "a missing and a surplus tensor",
    file: UNET,
    spoil: (tensors) => {
      tensors.delete("mid_block.resnets.1.conv2.bias");
      tensors.set("ema.decay", zeros(1));
    },
    messages: [
      "2 tensors do not fit config.json",
      "mid_block.resnets.1.conv2.bias: missing, expected shape [32]",
      "ema.decay: surplus, the architecture in config.json has no such tensor [1]",
    ],
  },
  {
    what: "a misshapen tensor",
    file: UNET,
    spoil: (tensors) => tensors.set("conv_in.weight", zeros(8, 4, 3, 3)),
    messages: ["conv_in.weight: expected shape [8, 9, 3, 3], found [8, 4, 3, 3]"],
  },
  {
    what: "a tensor of the right size and another shape",
    file: VAE,
    spoil: (tensors) => tensors.set("quant_conv.weight", zeros(8, 8)),
    messages: ["quant_conv.weight: expected shape [8, 8, 1, 1], found [8, 8]"],
  },
  {
    what: "a tensor of the decoder alone",
    file: VAE,
    spoil: (tensors) => tensors.delete("decoder.conv_out.weight"),
    messages: ["decoder.conv_out.weight: missing, expected shape [3, 8, 3, 3]"],
  },
  {
    what: "a weight that is no float",
    file: TEXT,
    spoil: (tensors) =>
      tensors.set("text_model.final_layer_norm.bias", { ...zeros(48), dtype: "I64", shape: [24] }),
    messages: ["text_model.final_layer_norm.bias: weights of type I64; F32, F16 and BF16 can be run"],
  },
];

for (const { what, file, spoil, messages } of MISFITS) {
  test(what, async (t) => {
    const folder = await copyCheckpoint(t);
    const path = join(folder, file);
    const tensors = await readTensors(path);
    spoil(tensors);
    await writeSafetensors(path, tensors);
    const checkpoint = await openCheckpoint({ modelDir: folder });
    assert.throws(
      () => buildNetworks(checkpoint),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "INVALID_CHECKPOINT");
        assert.ok(error.message.startsWith(`${path}: `), error.message);
        for (const message of messages) assert.ok(error.message.includes(message), error.message);
        return true;
      },
    );
  });
}

test("a long list of misfits is cut and counted", async (t) => {
  const folder = await copyCheckpoint(t);
  await writeSafetensors(join(folder, UNET), new Map());
  const checkpoint = await openCheckpoint({ modelDir: folder });
  assert.throws(() => buildNetworks(checkpoint), /686 tensors do not fit .*; and 666 more$/);
});

test("buffers that old transformers saved are not surplus", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, TEXT);
  const tensors = await readTensors(path);
  tensors.set("text_model.embeddings.position_ids", {
    dtype: "I64",
    shape: [1, 77],
    bytes: new Uint8Array(616),
  });
  await writeSafetensors(path, tensors);
  buildNetworks(await openCheckpoint({ modelDir: folder }));
});

test("a graph holds no weight, only references into the file", async () => {
  const checkpoint = await openCheckpoint({ modelDir: randomCheckpointPath });
  const { unet } = buildNetworks(checkpoint);
  const { tensors } = checkpoint.unet.weights;
  assert.equal(unet.weights.length, tensors.size);
  for (const { name, offset, length } of unet.weights) {
    const stored = tensors.get(name.split(":")[0] ?? "");
    assert.deepEqual([offset, length], [stored?.offset, stored?.length], name);
  }
});
