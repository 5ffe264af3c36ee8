/**
 * @file The variational autoencoder as two graphs.
 * Matches: diffusers `AutoencoderKL` (models/autoencoders/autoencoder_kl.py), `Encoder` and `Decoder`
 * (models/autoencoders/vae.py), their blocks in models/unets/unet_2d_blocks.py.
 *
 * Encoder: `image` [B, 3, H, W] in −1 … 1 → `moments` [B, 8, h, w], means then log variances.
 * Decoder: `latents` [B, 4, h, w], divided by the scaling factor → `image` [B, 3, H, W].
 */
import type { VaeConfig } from "../checkpoint/config/vae-config.js";
import type { Graph, Value } from "../onnx/graph.js";
import { add, concat, mul, reshape, resizeNearest, shapeSlice } from "../onnx/operators.js";
import { scaledAttention } from "./attention.js";
import { batchOf, fromRows, toRows, toSequence } from "./feature-rows.js";
import { conv2d, groupNorm, linear, silu } from "./layers.js";
import { NetworkBuilder, type Precision } from "./network-builder.js";
import { resnetBlock } from "./resnet-block.js";
import type { OldNames, WeightSource } from "./weight-source.js";

/**
 * The VAE's attention in files of older releases (diffusers `_convert_deprecated_attention_blocks`, models/modeling_utils.py).
 * Published checkpoints of this family have them.
 */
export const OLD_VAE_NAMES: OldNames = [
  [/\.to_q\./, ".query."],
  [/\.to_k\./, ".key."],
  [/\.to_v\./, ".value."],
  [/\.to_out\.0\./, ".proj_attn."],
];

/** Encoder and decoder fix this, whatever config.json says. */
const NORM_EPSILON = 1e-6;

export function buildVaeEncoder(
  config: VaeConfig,
  weights: WeightSource,
  precision: Precision = "float32",
): Graph {
  const n = new NetworkBuilder("vae_encoder", weights, precision);
  const { imageChannels, latentChannels, blockOutChannels, layersPerBlock } = config;
  const momentsC = 2 * latentChannels;
  const image = n.input("image", "float32", ["B", imageChannels, "H", "W"]);
  let channels = blockOutChannels[0];
  let x = conv2d(n, "encoder.conv_in", n.narrow(image), imageChannels, channels);
  blockOutChannels.forEach((outC, i) => {
    const block = `encoder.down_blocks.${i}`;
    for (let layer = 0; layer < layersPerBlock; layer++) {
      x = resnet(n, config, `${block}.resnets.${layer}`, x, channels, outC);
      channels = outC;
    }
    if (i < blockOutChannels.length - 1) {
      // Padded on the right and at the bottom only, as the original autoencoder was trained.
      const options = { stride: 2, pads: [0, 0, 1, 1] } as const;
      x = conv2d(n, `${block}.downsamplers.0.conv`, x, outC, outC, options);
    }
  });
  x = midBlock(n, config, "encoder.mid_block", x, channels);
  x = silu(n, groupNorm(n, "encoder.conv_norm_out", x, channels, config.normNumGroups, NORM_EPSILON));
  x = conv2d(n, "encoder.conv_out", x, channels, momentsC);
  x = conv2d(n, "quant_conv", x, momentsC, momentsC, { kernel: 1 });
  n.output("moments", n.widen(x), "float32", ["B", momentsC, "h", "w"]);
  return n.build();
}

export function buildVaeDecoder(
  config: VaeConfig,
  weights: WeightSource,
  precision: Precision = "float32",
): Graph {
  const n = new NetworkBuilder("vae_decoder", weights, precision);
  const { imageChannels, latentChannels, layersPerBlock } = config;
  const outwards = [...config.blockOutChannels].reverse();
  const latents = n.input("latents", "float32", ["B", latentChannels, "h", "w"]);
  let x = conv2d(n, "post_quant_conv", n.narrow(latents), latentChannels, latentChannels, { kernel: 1 });
  let channels = outwards[0] ?? config.blockOutChannels[0];
  x = conv2d(n, "decoder.conv_in", x, latentChannels, channels);
  x = midBlock(n, config, "decoder.mid_block", x, channels);
  outwards.forEach((outC, i) => {
    const block = `decoder.up_blocks.${i}`;
    for (let layer = 0; layer <= layersPerBlock; layer++) {
      x = resnet(n, config, `${block}.resnets.${layer}`, x, channels, outC);
      channels = outC;
    }
    if (i < outwards.length - 1) {
      x = conv2d(n, `${block}.upsamplers.0.conv`, doubled(n, x), outC, outC);
    }
  });
  x = silu(n, groupNorm(n, "decoder.conv_norm_out", x, channels, config.normNumGroups, NORM_EPSILON));
  x = conv2d(n, "decoder.conv_out", x, channels, imageChannels);
  n.output("image", n.widen(x), "float32", ["B", imageChannels, "H", "W"]);
  return n.build();
}

const resnet = (n: NetworkBuilder, config: VaeConfig, name: string, x: Value, inC: number, outC: number) =>
  resnetBlock(n, name, x, { inC, outC, groups: config.normNumGroups, epsilon: NORM_EPSILON });

function midBlock(n: NetworkBuilder, config: VaeConfig, name: string, input: Value, channels: number): Value {
  let x = resnet(n, config, `${name}.resnets.0`, input, channels, channels);
  x = attention(n, config, `${name}.attentions.0`, x, channels);
  return resnet(n, config, `${name}.resnets.1`, x, channels, channels);
}

/** Self-attention over all pixels with a single head. */
function attention(n: NetworkBuilder, config: VaeConfig, name: string, x: Value, channels: number): Value {
  const batch = batchOf(n, x);
  const normalised = groupNorm(n, `${name}.group_norm`, x, channels, config.normNumGroups, NORM_EPSILON);
  const features = toRows(n, normalised, channels);
  const project = (part: string) =>
    toSequence(n, linear(n, `${name}.${part}`, features.rows, channels, channels), batch, channels);
  const mixed = scaledAttention(n, project("to_q"), project("to_k"), project("to_v"), {
    channels,
    heads: 1,
    upcast: true, // once an image, and over 512 channels its scores are the largest of all
  });
  const rows = linear(n, `${name}.to_out.0`, reshape(n, mixed, n.int64s([-1, channels])), channels, channels);
  return add(n, fromRows(n, { ...features, rows }), x);
}

/** Nearest neighbour to twice the height and width. */
function doubled(n: NetworkBuilder, x: Value): Value {
  const sizes = concat(n, [shapeSlice(n, x, 0, 2), mul(n, shapeSlice(n, x, 2, 4), n.int64s([2]))], 0);
  return resizeNearest(n, x, sizes);
}
