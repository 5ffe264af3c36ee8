/**
 * @file Graphs of components that differ from the random checkpoint in every setting, against diffusers and transformers
 * (test/scripts/goldens/variant.py). Their norms see variances near their epsilons, so that each epsilon counts.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { z } from "zod";
import { parseTextEncoderConfig } from "../../src/checkpoint/config/text-encoder-config.js";
import { parseUnetConfig } from "../../src/checkpoint/config/unet-config.js";
import { parseVaeConfig } from "../../src/checkpoint/config/vae-config.js";
import { readJsonFile } from "../../src/checkpoint/files/json-file.js";
import { openSafetensors } from "../../src/checkpoint/weights/safetensors-file.js";
import { buildTextEncoder } from "../../src/networks/text-encoder.js";
import { buildUnet } from "../../src/networks/unet.js";
import { buildVaeDecoder, buildVaeEncoder } from "../../src/networks/vae.js";
import { CheckpointWeights } from "../../src/networks/weight-source.js";
import type { Graph } from "../../src/onnx/graph.js";
import { type Feed, GraphSession } from "../../src/runtime/graph-session.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { assertAllClose } from "../support/all-close.js";
import { readGoldenIntegers, readGoldenTensor } from "../support/golden.js";
import { NETWORK_TOLERANCE } from "../support/network-goldens.js";
import { fixturePath } from "../support/paths.js";

const read = (name: string) => readGoldenTensor<string>(`variant/${name}.npy`);

async function openComponent<Config>(
  name: string,
  parse: (file: unknown) => z.ZodSafeParseResult<Config>,
  weightsName = "diffusion_pytorch_model.safetensors",
) {
  const folder = fixturePath(`golden/variant/${name}`);
  const config = await readJsonFile(join(folder, "config.json"), parse);
  const weights = new CheckpointWeights(await openSafetensors(join(folder, weightsName)));
  return { config, weights, weightsDirectory: weights.directory };
}

async function assertEqualsReference(
  t: TestContext,
  graph: Graph,
  weightsDirectory: string,
  feeds: Readonly<Record<string, Feed>>,
  expected: Tensor<string>,
): Promise<void> {
  const session = await GraphSession.open(graph, { weightsDirectory, threads: 1 });
  t.after(() => session.release());
  const actual = await session.run(feeds);
  assert.deepEqual(actual.shape, expected.shape);
  assertAllClose(t, graph.name, actual.data, expected.data, { relative: NETWORK_TOLERANCE });
}

test("a text encoder with quick_gelu, a large epsilon and no prefix equals the reference", async (t) => {
  const component = await openComponent("text_encoder", parseTextEncoderConfig, "model.safetensors");
  const { config, weights, weightsDirectory } = component;
  const graph = buildTextEncoder(config, weights);
  weights.assertComplete();
  const feeds = { input_ids: readGoldenIntegers("variant/text_encoder/ids.npy") };
  await assertEqualsReference(t, graph, weightsDirectory, feeds, read("text_encoder/states"));
});

test("a UNet with uneven blocks, convolutional projections and sine first equals the reference", async (t) => {
  const { config, weights, weightsDirectory } = await openComponent("unet", parseUnetConfig);
  const graph = buildUnet(config, weights);
  weights.assertComplete();
  const feeds = {
    sample: read("unet/sample"),
    timestep: read("unet/timestep"),
    encoder_hidden_states: read("unet/states"),
  };
  await assertEqualsReference(t, graph, weightsDirectory, feeds, read("unet/out"));
});

test("a VAE with three uneven blocks of one layer equals the reference", async (t) => {
  const { config, weights, weightsDirectory } = await openComponent("vae", parseVaeConfig);
  const encoder = buildVaeEncoder(config, weights);
  const decoder = buildVaeDecoder(config, weights);
  weights.assertComplete();
  await assertEqualsReference(
    t,
    encoder,
    weightsDirectory,
    { image: read("vae/image") },
    read("vae/moments"),
  );
  await assertEqualsReference(
    t,
    decoder,
    weightsDirectory,
    { latents: read("vae/latents") },
    read("vae/decoded"),
  );
});

test("a VAE's config without a scaling factor means the reference's default", async () => {
  const { config } = await openComponent("vae", parseVaeConfig);
  assert.equal(config.scalingFactor, 0.18215);
  assert.equal(config.scaleFactor, 4);
});
