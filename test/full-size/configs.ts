/**
 * @file The configs of the published Stable Diffusion 2 inpainting checkpoint, as far as they shape a network: full
 * size. Knows no weight.
 */
import { parseTextEncoderConfig } from "../../src/checkpoint/config/text-encoder-config.js";
import { parseUnetConfig } from "../../src/checkpoint/config/unet-config.js";
import { parseVaeConfig } from "../../src/checkpoint/config/vae-config.js";
import { buildTextEncoder } from "../../src/networks/text-encoder.js";
import { buildUnet } from "../../src/networks/unet.js";
import { buildVaeDecoder, buildVaeEncoder } from "../../src/networks/vae.js";
import { WeightInventory } from "../support/weight-inventory.js";

export const textEncoder = {
  architectures: ["CLIPTextModel"],
  hidden_act: "gelu",
  hidden_size: 1024,
  intermediate_size: 4096,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 77,
  model_type: "clip_text_model",
  num_attention_heads: 16,
  num_hidden_layers: 23,
  vocab_size: 49408,
};

export const unet = {
  _class_name: "UNet2DConditionModel",
  attention_head_dim: [5, 10, 20, 20],
  block_out_channels: [320, 640, 1280, 1280],
  cross_attention_dim: 1024,
  down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 9,
  layers_per_block: 2,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  out_channels: 4,
  sample_size: 64,
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  use_linear_projection: true,
};

export const vae = {
  _class_name: "AutoencoderKL",
  block_out_channels: [128, 256, 512, 512],
  down_block_types: Array(4).fill("DownEncoderBlock2D"),
  in_channels: 3,
  latent_channels: 4,
  layers_per_block: 2,
  norm_num_groups: 32,
  out_channels: 3,
  sample_size: 512,
  up_block_types: Array(4).fill("UpDecoderBlock2D"),
};

export const COMPONENTS = ["text_encoder", "unet", "vae"] as const;
export type ComponentName = (typeof COMPONENTS)[number];

/** Name and shape of every tensor of a component, by its diffusers or transformers name, in alphabetical order. */
export function tensorShapes(component: ComponentName): ReadonlyMap<string, readonly number[]> {
  const inventory = new WeightInventory();
  switch (component) {
    case "text_encoder":
      buildTextEncoder(valid(parseTextEncoderConfig(textEncoder)), inventory);
      break;
    case "unet":
      buildUnet(valid(parseUnetConfig(unet)), inventory);
      break;
    case "vae":
      buildVaeEncoder(valid(parseVaeConfig(vae)), inventory);
      buildVaeDecoder(valid(parseVaeConfig(vae)), inventory);
      break;
    default:
      component satisfies never;
  }
  return new Map([...inventory.shapes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function valid<T>(
  result: { readonly success: true; readonly data: T } | { readonly success: false; readonly error: Error },
): T {
  if (!result.success) throw result.error;
  return result.data;
}
