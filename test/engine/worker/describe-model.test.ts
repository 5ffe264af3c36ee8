/** @file What is said of a model: the random checkpoint, and copies of it that differ in one thing. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { test } from "node:test";
import { copyCheckpoint, readTensors } from "../../support/checkpoint-copy.js";
import { writeSafetensors } from "../../support/safetensors-writer.js";
import { loadTestModel } from "../../support/test-model.js";

test("the random checkpoint, without a path of this machine", async (t) => {
  const model = await loadTestModel();
  t.after(() => model.release());
  const { info } = model;
  assert.deepEqual(
    { ...info, parameterCounts: null },
    {
      name: "random-checkpoint",
      hash: info.hash,
      architecture: "Stable Diffusion 2 style, inpainting (9 channels)",
      unetChannels: 9,
      textEncoderLayers: 23,
      predictionType: "epsilon",
      scheduler: "PNDMScheduler",
      weightsDtype: "F32",
      precision: "float32",
      executionProvider: "cpu",
      height: 512,
      width: 512,
      parameterCounts: null,
    },
  );
  assert.doesNotMatch(JSON.stringify(info), /\//);
  assert.match(info.hash, /^[0-9a-f]{64}$/);
});

test("parameters are counted as the weights' bytes say, and their element types are named", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "vae", "diffusion_pytorch_model.safetensors");
  const tensors = await readTensors(path);
  let bytes = 0;
  for (const { dtype, bytes: data } of tensors.values()) bytes += dtype === "F32" ? data.length : 0;
  const bias = tensors.get("encoder.conv_in.bias");
  assert.ok(bias !== undefined);
  tensors.set("encoder.conv_in.bias", {
    ...bias,
    dtype: "F16",
    bytes: new Uint8Array(bias.bytes.length / 2),
  });
  await writeSafetensors(path, tensors);
  const model = await loadTestModel({ modelDir: folder });
  t.after(() => model.release());
  assert.equal(model.info.parameterCounts.vae, bytes / 4);
  assert.equal(model.info.weightsDtype, "F16, F32");
  assert.equal(model.info.name, basename(folder));
});

test("the prediction type is the checkpoint's", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "scheduler", "scheduler_config.json");
  const config: unknown = JSON.parse(await readFile(path, "utf8"));
  assert.ok(typeof config === "object");
  await writeFile(path, JSON.stringify({ ...config, prediction_type: "v_prediction" }));
  const model = await loadTestModel({ modelDir: folder });
  t.after(() => model.release());
  assert.equal(model.info.predictionType, "v_prediction");
});
