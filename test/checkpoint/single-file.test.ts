/** @file Single-file checkpoints: the same model as the diffusers folder, what has to be told besides, and what is wrong. */
import assert from "node:assert/strict";
import { cp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { buildNetworks } from "../../src/networks/build-networks.js";
import { graphWeights } from "../support/graph-weights.js";
import { randomCheckpointPath } from "../support/paths.js";
import { type TensorToWrite, writeSafetensors } from "../support/safetensors-writer.js";
import {
  readSingleFileGolden,
  singleFileTensors,
  weightsOf,
  writeDiffusersFolder,
} from "../support/single-file-golden.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { writeTorchFile } from "../support/torch-writer.js";

const SEED = 99;
const SD2 = "tiny-sd2-inpainting";
const tokenizerDir = join(randomCheckpointPath, "tokenizer");
const WRITERS = { safetensors: writeSafetensors, ckpt: writeTorchFile } as const;

const tiny = Object.fromEntries(
  (["tiny-sd1-inpainting", SD2] as const).map((name) => {
    const golden = readSingleFileGolden(name);
    return [name, { golden, weights: weightsOf(golden, SEED) }];
  }),
);

function tensorsOf(name: string): Map<string, TensorToWrite> {
  const { golden, weights } = tiny[name] ?? assert.fail(name);
  return singleFileTensors(golden, weights);
}

async function write(
  t: TestContext,
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = join(await temporaryFolder(t), "512-inpainting-ema.safetensors");
  await writeSafetensors(path, tensors, metadata);
  return path;
}

for (const [name, { golden, weights }] of Object.entries(tiny)) {
  for (const extension of ["safetensors", "ckpt"] as const) {
    test(`${name}.${extension} holds the weights and configs of the diffusers folder`, async (t) => {
      const folder = await temporaryFolder(t);
      const path = join(folder, `${name}.${extension}`);
      await WRITERS[extension](path, singleFileTensors(golden, weights));
      await writeDiffusersFolder(join(folder, "diffusers"), golden, weights, {
        _class_name: "PNDMScheduler",
      });
      const plain = await openCheckpoint({ modelDir: join(folder, "diffusers") });
      const opened = await openCheckpoint({ modelDir: path, tokenizerDir, predictionType: "epsilon" });
      assert.deepEqual(await graphWeights(opened), await graphWeights(plain));
      for (const part of ["unet", "vae", "textEncoder"] as const) {
        assert.deepEqual(opened[part].config, plain[part].config);
      }
      assert.deepEqual(opened.source, {
        layout: "single-file",
        path,
        reason: "this file was named",
        notTaken: [],
      });
    });
  }
}

test("the scheduler is the one that the reference takes for the same kind of model", async (t) => {
  const cases = [
    ["tiny-sd1-inpainting", 9, "epsilon", "DDIMScheduler", 512],
    ["tiny-sd1-inpainting", 4, "epsilon", "PNDMScheduler", 512],
    [SD2, 9, "epsilon", "PNDMScheduler", 512],
    [SD2, 4, "epsilon", "DDIMScheduler", 512],
    [SD2, 4, "v_prediction", "DDIMScheduler", 768],
  ] as const;
  for (const [name, channels, predictionType, className, pixels] of cases) {
    const tensors = tensorsOf(name);
    const first = "model.diffusion_model.input_blocks.0.0.weight";
    const { shape, bytes } = tensors.get(first) ?? assert.fail();
    const [outC = 0] = shape;
    tensors.set(first, {
      dtype: "F32",
      shape: [outC, channels, 3, 3],
      bytes: bytes.subarray(0, outC * channels * 36),
    });
    const modelDir = await write(t, tensors);
    const { scheduler, unet, vae } = await openCheckpoint({ modelDir, tokenizerDir, predictionType });
    const said = Object.fromEntries(Object.entries(scheduler).filter(([, value]) => value !== undefined));
    assert.deepEqual(said, {
      className,
      betaStart: 0.00085,
      betaEnd: 0.012,
      betaSchedule: "scaled_linear",
      numTrainTimesteps: 1000,
      predictionType,
      clipSample: false,
      setAlphaToOne: false,
      skipPrkSteps: true,
      stepsOffset: 1,
    });
    assert.equal(unet.config.inChannels, channels);
    assert.equal(unet.config.sampleSize * vae.config.scaleFactor, pixels);
  }
});

test("what the file does not say is asked for, all at once", async (t) => {
  const sd2 = await write(t, tensorsOf(SD2));
  await assert.rejects(openCheckpoint({ modelDir: sd2 }), {
    code: "INVALID_CHECKPOINT",
    message:
      /does not say its tokenizer: set TOKENIZER_DIR.*; nor what its UNet predicts: set PREDICTION_TYPE.*512-inpainting-ema\.yaml or 512-inpainting-ema\.yml/,
  });
  await assert.rejects(
    openCheckpoint({ modelDir: sd2, tokenizerDir }),
    /does not say what its UNet predicts/,
  );
  const sd1 = await write(t, tensorsOf("tiny-sd1-inpainting"));
  await assert.rejects(openCheckpoint({ modelDir: sd1 }), /does not say its tokenizer: (?!.*predicts)/);
  await cp(tokenizerDir, join(sd1, "..", "tokenizer"), { recursive: true });
  assert.equal((await openCheckpoint({ modelDir: sd1 })).scheduler.predictionType, "epsilon");
});

test("a tokenizer or a yaml beside the file must not be a link out of its folder", async (t) => {
  const modelDir = await write(t, tensorsOf("tiny-sd1-inpainting"));
  const elsewhere = join(await temporaryFolder(t), "secret");
  await writeFile(elsewhere, YAML);
  const yaml = modelDir.replace(".safetensors", ".yaml");
  await symlink(elsewhere, yaml);
  for (const named of [modelDir, join(modelDir, "..")]) {
    const opening = openCheckpoint({ modelDir: named, tokenizerDir });
    await assert.rejects(opening, { message: new RegExp(`^${yaml}: a link to .*, which lies outside of`) });
  }
  await rm(yaml);
  await symlink(tokenizerDir, join(modelDir, "..", "tokenizer"));
  for (const named of [modelDir, join(modelDir, "..")]) {
    await assert.rejects(
      openCheckpoint({ modelDir: named }),
      /tokenizer_config\.json: a link to .*outside of/,
    );
  }
});

test("VARIANT that the only file's name does not say is told", async (t) => {
  const modelDir = await write(t, tensorsOf("tiny-sd1-inpainting"));
  const told = `${modelDir}: VARIANT is fp16, which this file's name does not say; it is taken all the same`;
  assert.deepEqual((await openCheckpoint({ modelDir, tokenizerDir, variant: "fp16" })).warnings, [told]);
  assert.deepEqual((await openCheckpoint({ modelDir, tokenizerDir, variant: "ema" })).warnings, []);
});

const YAML = `
model:
  target: ldm.models.diffusion.ddpm.LatentInpaintDiffusion
  params:
    parameterization: "v"
    linear_start: 0.001 # not the usual
    linear_end: 0.0130
    timesteps: 500
    scale_factor: 0.2
    unet_config:
      params: { model_channels: 64, num_head_channels: 32, attention_resolutions: [ 4, 2, 1 ] }
`;

test("the yaml beside it says what the file does not, unless the operator does", async (t) => {
  const modelDir = await write(t, tensorsOf(SD2));
  const yaml = modelDir.replace(".safetensors", ".yaml");
  await writeFile(yaml, YAML);
  const { scheduler, unet, vae, warnings } = await openCheckpoint({ modelDir, tokenizerDir });
  assert.deepEqual(
    [scheduler.predictionType, scheduler.betaStart, scheduler.betaEnd, scheduler.numTrainTimesteps],
    ["v_prediction", 0.001, 0.013, 500],
  );
  assert.equal(vae.config.scalingFactor, 0.2);
  assert.deepEqual(unet.config.headsPerBlock, [2, 4]);
  assert.deepEqual(warnings, []);
  const asked = await openCheckpoint({ modelDir, tokenizerDir, predictionType: "epsilon" });
  assert.equal(asked.scheduler.predictionType, "epsilon");
  assert.match(
    asked.warnings[0] ?? "",
    /\.yaml says v_prediction; PREDICTION_TYPE is epsilon and is followed/,
  );
  await rm(yaml);
  await writeFile(yaml.replace(".yaml", ".yml"), YAML.replace('    parameterization: "v"\n', ""));
  const unsaid = await openCheckpoint({ modelDir, tokenizerDir });
  assert.equal(unsaid.scheduler.predictionType, "epsilon", "the original code's default");
});

test("the file's metadata says it, unless the yaml or the operator does; a word it does not know is no answer", async (t) => {
  const predictionOf = async (name: string, metadata: Record<string, string>, options: object = {}) => {
    const modelDir = join(await temporaryFolder(t), "model.safetensors");
    await writeSafetensors(modelDir, tensorsOf(name), metadata);
    return openCheckpoint({ modelDir, tokenizerDir, ...options });
  };
  const v = { "modelspec.prediction_type": "v" };
  const cases = [
    [SD2, v, "v_prediction"],
    [SD2, { "modelspec.predict_key": "epsilon" }, "epsilon"],
    [SD2, { "modelspec.architecture": "stable-diffusion-v2-768-v" }, "v_prediction"],
    [SD2, { "modelspec.architecture": "stable-diffusion-v2-inpainting" }, "epsilon"],
    [SD2, { ...v, "modelspec.architecture": "stable-diffusion-v2-512" }, "v_prediction"],
    ["tiny-sd1-inpainting", v, "v_prediction"],
    ["tiny-sd1-inpainting", { "modelspec.architecture": "anything" }, "epsilon"],
  ] as const;
  for (const [name, metadata, expected] of cases) {
    const { scheduler, warnings } = await predictionOf(name, metadata);
    assert.equal(scheduler.predictionType, expected, JSON.stringify(metadata));
    assert.deepEqual(warnings, []);
  }
  for (const name of [SD2, "tiny-sd1-inpainting"]) {
    await assert.rejects(
      predictionOf(name, { "modelspec.prediction_type": "velocity" }),
      /what its UNet predicts \(but modelspec\.prediction_type "velocity"\): set PREDICTION_TYPE/,
    );
  }
  const asked = await predictionOf(SD2, v, { predictionType: "epsilon" });
  assert.equal(asked.scheduler.predictionType, "epsilon");
  assert.match(
    asked.warnings[0] ?? "",
    /model\.safetensors: its metadata says modelspec\.prediction_type "v"; PREDICTION_TYPE is epsilon and is followed/,
  );
  const modelDir = await write(t, tensorsOf(SD2), { "modelspec.prediction_type": "epsilon" });
  const yaml = modelDir.replace(".safetensors", ".yaml");
  await writeFile(yaml, YAML);
  const beside = await openCheckpoint({ modelDir, tokenizerDir });
  assert.equal(beside.scheduler.predictionType, "v_prediction");
  assert.match(beside.warnings[0] ?? "", /"epsilon"; .*\.yaml says v_prediction and is followed/);
});

test("a yaml that is not one, or not such a one, is refused by name", async (t) => {
  const modelDir = await write(t, tensorsOf(SD2));
  const yaml = modelDir.replace(".safetensors", ".yaml");
  const bomb = `a0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`).join("")}`;
  const cases = [
    ["model: [", /not YAML/],
    ["model: {params: {}}", /unet_config/],
    [YAML.replace('"v"', '"w"'), /parameterization/],
    [YAML.replace("0.001", "5"), /beta_start/],
    [YAML.replace("500", "1e12"), /timesteps/],
    [bomb, /not YAML: .*alias/i],
    [YAML + "#".repeat(200_000), /at most 200000/],
    [YAML.replace('"v"', "!!js/function 'function () {}'"), /not YAML|parameterization/],
  ] as const;
  for (const [text, message] of cases) {
    await writeFile(yaml, text);
    await assert.rejects(openCheckpoint({ modelDir, tokenizerDir }), (error: Error & { code?: string }) => {
      assert.equal(error.code, "INVALID_CHECKPOINT", error.stack);
      assert.ok(error.message.startsWith(`${yaml}: `), error.message);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("a tensor that is missing or left over is told under the file's own name", async (t) => {
  const tensors = tensorsOf(SD2);
  const missing = [
    "model.diffusion_model.output_blocks.1.1.conv.bias",
    "first_stage_model.decoder.up.3.block.0.norm1.weight",
    "cond_stage_model.model.transformer.resblocks.3.attn.in_proj_bias",
  ] as const;
  for (const name of missing) {
    const spoilt = new Map(tensors);
    spoilt.delete(name);
    const opened = await openCheckpoint({
      modelDir: await write(t, spoilt),
      tokenizerDir,
      predictionType: "epsilon",
    });
    assert.throws(() => buildNetworks(opened), {
      message: new RegExp(`${name.replaceAll(".", "\\.")}: missing`),
    });
  }
  const scalar = { dtype: "F32", shape: [1], bytes: new Uint8Array(4) } as const;
  tensors.set("model.diffusion_model.label_emb.0.0.weight", scalar);
  tensors.set("model_ema.decay", scalar);
  tensors.set("embedding_manager.token", scalar);
  const opened = await openCheckpoint({
    modelDir: await write(t, tensors),
    tokenizerDir,
    predictionType: "epsilon",
  });
  assert.throws(() => buildNetworks(opened), /label_emb\.0\.0\.weight: surplus/);
  assert.equal(opened.warnings.length, 1);
  assert.match(
    opened.warnings[0] ?? "",
    /1 surplus tensors are of no network and not used: embedding_manager/,
  );
});

test("averaged weights are left aside, as in the reference, and told", async (t) => {
  const tensors = tensorsOf(SD2);
  for (const [name, tensor] of tensorsOf(SD2)) {
    if (name.startsWith("model.")) tensors.set(`model_ema.${name.slice(6).replaceAll(".", "")}`, tensor);
  }
  const { warnings } = await openCheckpoint({
    modelDir: await write(t, tensors),
    tokenizerDir,
    predictionType: "epsilon",
  });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /holds averaged weights too \(model_ema\.…\); .* not used/);
});

test("another kind of model, or a part of one, is refused in words", async (t) => {
  const tensors = tensorsOf(SD2);
  const without = (prefix: string) => new Map([...tensors].filter(([name]) => !name.startsWith(prefix)));
  const scalar = { dtype: "F32", shape: [1], bytes: new Uint8Array(4) } as const;
  const cases = [
    [without("model.diffusion_model."), /no single-file Stable Diffusion checkpoint/],
    [without("first_stage_model."), /holds no VAE/],
    [without("cond_stage_model."), /holds no text encoder/],
    [without("model.diffusion_model.input_blocks.1."), /model\.diffusion_model\.input_blocks\.1: missing/],
    [new Map([...tensors, ["conditioner.embedders.0.x", scalar]]), /a Stable Diffusion XL checkpoint/],
  ] as const;
  for (const [spoilt, message] of cases) {
    const modelDir = await write(t, spoilt);
    await assert.rejects(openCheckpoint({ modelDir, tokenizerDir, predictionType: "epsilon" }), {
      code: "INVALID_CHECKPOINT",
      message,
    });
  }
});

test("of several single files: safetensors before ckpt, full precision before half, or the variant", async (t) => {
  const folder = await temporaryFolder(t);
  const options = { modelDir: folder, tokenizerDir, predictionType: "epsilon" } as const;
  const file = (name: string) => join(folder, name);
  await writeTorchFile(file("model-ema.ckpt"), tensorsOf(SD2));
  const alone = await openCheckpoint(options);
  assert.equal(alone.source.reason, "a single-file checkpoint, the only checkpoint there");
  await writeSafetensors(file("model-ema-fp16.safetensors"), tensorsOf(SD2));
  const preferred = await openCheckpoint(options);
  assert.equal(preferred.source.path, file("model-ema-fp16.safetensors"));
  assert.equal(preferred.source.reason, "a single-file checkpoint, .safetensors preferred to .ckpt");
  await cp(file("model-ema-fp16.safetensors"), file("model-ema.safetensors"));
  const full = await openCheckpoint(options);
  assert.equal(full.source.path, file("model-ema.safetensors"));
  assert.equal(full.source.reason, "a single-file checkpoint, preferred to half-precision copies");
  assert.deepEqual(full.source.notTaken, [file("model-ema-fp16.safetensors"), file("model-ema.ckpt")]);
  const half = await openCheckpoint({ ...options, variant: "fp16" });
  assert.equal(half.source.path, file("model-ema-fp16.safetensors"));
  await cp(file("model-ema.safetensors"), file("other.safetensors"));
  await assert.rejects(
    openCheckpoint(options),
    /several checkpoints \(model-ema\.safetensors, other\.safetensors\)/,
  );
});
