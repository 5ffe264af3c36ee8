/** @file A checkpoint whose weights hold NaN is refused at start, by the network that has them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { warmUp } from "../../../src/engine/worker/warm-up.js";
import { copyCheckpoint, readTensors } from "../../support/checkpoint-copy.js";
import { writeSafetensors } from "../../support/safetensors-writer.js";
import { loadTestModel } from "../../support/test-model.js";

const DAMAGED = [
  ["text encoder", "text_encoder/model.safetensors", "text_model.final_layer_norm.bias"],
  ["UNet", "unet/diffusion_pytorch_model.safetensors", "mid_block.resnets.0.conv1.bias"],
  ["VAE encoder", "vae/diffusion_pytorch_model.safetensors", "encoder.conv_in.bias"],
  ["VAE decoder", "vae/diffusion_pytorch_model.safetensors", "decoder.conv_in.bias"],
] as const;

for (const [network, file, tensor] of DAMAGED) {
  test(`NaN in the ${network}`, async (t) => {
    const folder = await copyCheckpoint(t);
    const path = join(folder, file);
    const tensors = await readTensors(path);
    const { shape = [] } = tensors.get(tensor) ?? {};
    const bytes = new Uint8Array(new Float32Array(shape[0] ?? 0).fill(Number.NaN).buffer);
    tensors.set(tensor, { dtype: "F32", shape, bytes });
    await writeSafetensors(path, tensors);
    const model = await loadTestModel({ modelDir: folder });
    t.after(() => model.release());
    await assert.rejects(warmUp(model), {
      code: "INVALID_CHECKPOINT",
      message: `the ${network} answers NaN or infinity: its weights are damaged`,
    });
  });
}

test("the random checkpoint warms up", async (t) => {
  const model = await loadTestModel();
  t.after(() => model.release());
  await warmUp(model);
});
