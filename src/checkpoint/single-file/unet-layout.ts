/**
 * @file The UNet in a single file: its config, told by the tensors' shapes, and the diffusers name of each module.
 * Reference: diffusers `create_unet_diffusers_config_from_ldm` and `convert_ldm_unet_checkpoint`
 * (loaders/single_file_utils.py); the names are those of CompVis/latent-diffusion's `UNetModel` (openaimodel.py).
 */
import type { LdmTensors } from "./ldm-tensors.js";
import { type ModulePair, within } from "./module-names.js";
import type { UnetHeads } from "./original-config.js";

export const UNET_PREFIX = "model.diffusion_model.";

/** What neither the shapes nor a sidecar say; Stable Diffusion 1 counts heads, 2 their channels. */
const HEADS_WITH_CONV_PROJECTION = 8;
const HEAD_CHANNELS_WITH_LINEAR_PROJECTION = 64;
/** `normalization` in ldm/modules/diffusionmodules/util.py. */
const NORM_GROUPS = 32;

const RESNET_PARTS: readonly ModulePair[] = [
  ["in_layers.0", "norm1"],
  ["in_layers.2", "conv1"],
  ["emb_layers.1", "time_emb_proj"],
  ["out_layers.0", "norm2"],
  ["out_layers.3", "conv2"],
  ["skip_connection", "conv_shortcut"],
];

/** One entry per level, from the image inwards. */
interface Level {
  /** Numbers of its layers in `input_blocks`. */
  readonly layers: readonly number[];
  readonly channels: number;
  /** Blocks in the transformer of each layer; 0 without attention. */
  readonly transformerLayers: number;
}

export interface NetworkLayout {
  /** As diffusers' config.json would have it, for the config's own parser. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly modules: readonly ModulePair[];
}

const inputBlock = (i: number, part: string | number) => `${UNET_PREFIX}input_blocks.${i}.${part}`;

/** `sampleSize` in latents. Throws INVALID_CHECKPOINT naming a tensor or module that is missing. */
export function unetLayout(tensors: LdmTensors, heads: UnetHeads, sampleSize: number): NetworkLayout {
  const levels = levelsOf(tensors);
  const firstWithAttention = levels.find(({ transformerLayers }) => transformerLayers > 0)?.layers[0] ?? 0;
  const attention = inputBlock(firstWithAttention, 1);
  const linearProjection = tensors.shape(`${attention}.proj_in.weight`).length === 2;
  const middle = tensors.count(`${UNET_PREFIX}middle_block.1.transformer_blocks`);
  const channels = levels.map((level) => level.channels);
  return {
    config: {
      sample_size: sampleSize,
      in_channels: tensors.size(inputBlock(0, "0.weight"), 1),
      out_channels: tensors.size(`${UNET_PREFIX}out.2.weight`, 0),
      down_block_types: levels.map((level) =>
        level.transformerLayers > 0 ? "CrossAttnDownBlock2D" : "DownBlock2D",
      ),
      up_block_types: levels
        .map((level) => (level.transformerLayers > 0 ? "CrossAttnUpBlock2D" : "UpBlock2D"))
        .reverse(),
      block_out_channels: channels,
      layers_per_block: levels.map((level) => level.layers.length),
      // The middle block's is that of the last level.
      transformer_layers_per_block: levels.map((level) => level.transformerLayers || middle),
      cross_attention_dim: tensors.size(`${attention}.transformer_blocks.0.attn2.to_k.weight`, 1),
      attention_head_dim: headsOf(channels, heads, linearProjection),
      use_linear_projection: linearProjection,
      norm_num_groups: NORM_GROUPS,
    },
    modules: modulesOf(levels),
  };
}

/** A level ends with the layer that halves the image; the last one with the list. */
function levelsOf(tensors: LdmTensors): readonly Level[] {
  const levels: Level[] = [];
  const count = tensors.count(`${UNET_PREFIX}input_blocks`);
  let layers: number[] = [];
  for (let i = 1; i <= count; i++) {
    const ends = i === count || tensors.all.has(inputBlock(i, "0.op.weight"));
    if (!ends) {
      layers.push(i);
      continue;
    }
    const first = layers[0] ?? i;
    levels.push({
      layers,
      channels: tensors.size(inputBlock(first, "0.out_layers.3.weight"), 0),
      transformerLayers: tensors.count(inputBlock(first, "1.transformer_blocks")),
    });
    layers = [];
  }
  return levels;
}

function headsOf(
  channels: readonly number[],
  { numHeads, numHeadChannels }: UnetHeads,
  linearProjection: boolean,
): readonly number[] {
  const fallback = linearProjection ? HEAD_CHANNELS_WITH_LINEAR_PROJECTION : undefined;
  const headChannels = numHeads === undefined ? (numHeadChannels ?? fallback) : undefined;
  return channels.map((width) =>
    headChannels === undefined ? (numHeads ?? HEADS_WITH_CONV_PROJECTION) : width / headChannels,
  );
}

function modulesOf(levels: readonly Level[]): readonly ModulePair[] {
  const pairs: ModulePair[] = [
    ["time_embed.0", "time_embedding.linear_1"],
    ["time_embed.2", "time_embedding.linear_2"],
    ["input_blocks.0.0", "conv_in"],
    ["middle_block.1", "mid_block.attentions.0"],
    ["out.0", "conv_norm_out"],
    ["out.2", "conv_out"],
    ...within(["middle_block.0", "mid_block.resnets.0"], RESNET_PARTS),
    ...within(["middle_block.2", "mid_block.resnets.1"], RESNET_PARTS),
  ];
  levels.forEach(({ layers }, block) => {
    layers.forEach((i, layer) => {
      pairs.push(...within([`input_blocks.${i}.0`, `down_blocks.${block}.resnets.${layer}`], RESNET_PARTS), [
        `input_blocks.${i}.1`,
        `down_blocks.${block}.attentions.${layer}`,
      ]);
    });
    const halving = (layers.at(-1) ?? 0) + 1;
    pairs.push([`input_blocks.${halving}.0.op`, `down_blocks.${block}.downsamplers.0.conv`]);
  });
  let i = 0;
  [...levels].reverse().forEach(({ layers, transformerLayers }, block) => {
    for (let layer = 0; layer <= layers.length; layer++, i++) {
      pairs.push(...within([`output_blocks.${i}.0`, `up_blocks.${block}.resnets.${layer}`], RESNET_PARTS));
      if (transformerLayers > 0) {
        pairs.push([`output_blocks.${i}.1`, `up_blocks.${block}.attentions.${layer}`]);
      }
    }
    // The upsampler is the last part of the block's last layer.
    const part = transformerLayers > 0 ? 2 : 1;
    pairs.push([`output_blocks.${i - 1}.${part}.conv`, `up_blocks.${block}.upsamplers.0.conv`]);
  });
  return pairs.map(([inFile, today]) => [UNET_PREFIX + inFile, today]);
}
