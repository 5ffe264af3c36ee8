/** @file The full-size Stable Diffusion 2 inpainting networks: as many tensors and parameters as the published ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTextEncoderConfig } from "../../src/checkpoint/config/text-encoder-config.js";
import { parseUnetConfig } from "../../src/checkpoint/config/unet-config.js";
import { parseVaeConfig } from "../../src/checkpoint/config/vae-config.js";
import { buildTextEncoder } from "../../src/networks/text-encoder.js";
import { buildUnet } from "../../src/networks/unet.js";
import { buildVaeDecoder, buildVaeEncoder } from "../../src/networks/vae.js";
import { writeModel } from "../../src/onnx/write-model.js";
import { WeightInventory } from "../support/weight-inventory.js";

/** Keys of the published config.json files that shape the networks. */
const UNET = {
  attention_head_dim: [5, 10, 20, 20],
  block_out_channels: [320, 640, 1280, 1280],
  cross_attention_dim: 1024,
  down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  in_channels: 9,
  sample_size: 64,
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  use_linear_projection: true,
};
const VAE = {
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  down_block_types: Array(4).fill("DownEncoderBlock2D"),
  up_block_types: Array(4).fill("UpDecoderBlock2D"),
};
const TEXT = {
  hidden_act: "gelu",
  hidden_size: 1024,
  intermediate_size: 4096,
  num_attention_heads: 16,
  num_hidden_layers: 23,
};

const parameters = ({ shapes }: WeightInventory) =>
  [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((count, size) => count * size, 1), 0);

/** Counted on diffusers' and transformers' own modules of these configs: `sum(p.numel() for p in parameters())`. */
const EXPECTED = { unet: [686, 865_925_124], vae: [248, 83_653_863], text: [372, 340_387_840] } as const;

test("UNet", () => {
  const inventory = new WeightInventory();
  const graph = buildUnet(parseUnetConfig(UNET).data ?? assert.fail(), inventory);
  assert.deepEqual([inventory.shapes.size, parameters(inventory)], EXPECTED.unet);
  assert.ok(writeModel(graph).length < 400_000, "the graph is kilobytes, whatever the weights are");
});

test("VAE", () => {
  const inventory = new WeightInventory();
  const config = parseVaeConfig(VAE).data ?? assert.fail();
  buildVaeEncoder(config, inventory);
  buildVaeDecoder(config, inventory);
  assert.deepEqual([inventory.shapes.size, parameters(inventory)], EXPECTED.vae);
});

test("text encoder", () => {
  const inventory = new WeightInventory();
  buildTextEncoder(parseTextEncoderConfig(TEXT).data ?? assert.fail(), inventory);
  assert.deepEqual([inventory.shapes.size, parameters(inventory)], EXPECTED.text);
});
