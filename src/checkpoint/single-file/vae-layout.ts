/**
 * @file The VAE in a single file: its config, told by the tensors' shapes, and the diffusers name of each module.
 * Reference: diffusers `create_vae_diffusers_config_from_ldm` and `convert_ldm_vae_checkpoint`
 * (loaders/single_file_utils.py); the names are those of CompVis/latent-diffusion's `Encoder` and `Decoder`.
 */
import type { LdmTensors } from "./ldm-tensors.js";
import { type ModulePair, within } from "./module-names.js";
import type { NetworkLayout } from "./unet-layout.js";

export const VAE_PREFIX = "first_stage_model.";

/** `Normalize` in ldm/modules/diffusionmodules/model.py. */
const NORM_GROUPS = 32;

const ATTENTION_PARTS: readonly ModulePair[] = [
  ["norm", "group_norm"],
  ["q", "to_q"],
  ["k", "to_k"],
  ["v", "to_v"],
  ["proj_out", "to_out.0"],
];

/** Throws INVALID_CHECKPOINT naming a tensor or module that is missing. */
export function vaeLayout(tensors: LdmTensors, scalingFactor: number | undefined): NetworkLayout {
  const down = `${VAE_PREFIX}encoder.down`;
  const levels = Array.from({ length: tensors.count(down) }, (_, i) => i);
  const layers = tensors.count(`${down}.0.block`);
  return {
    config: {
      in_channels: tensors.size(`${VAE_PREFIX}encoder.conv_in.weight`, 1),
      out_channels: tensors.size(`${VAE_PREFIX}decoder.conv_out.weight`, 0),
      latent_channels: tensors.size(`${VAE_PREFIX}decoder.conv_in.weight`, 1),
      block_out_channels: levels.map((i) => tensors.size(`${down}.${i}.block.0.conv2.weight`, 0)),
      layers_per_block: layers,
      down_block_types: levels.map(() => "DownEncoderBlock2D"),
      up_block_types: levels.map(() => "UpDecoderBlock2D"),
      norm_num_groups: NORM_GROUPS,
      ...(scalingFactor === undefined ? {} : { scaling_factor: scalingFactor }),
    },
    modules: modulesOf(levels.length, layers),
  };
}

function modulesOf(levels: number, layers: number): readonly ModulePair[] {
  const pairs: ModulePair[] = [
    ["quant_conv", "quant_conv"],
    ["post_quant_conv", "post_quant_conv"],
  ];
  for (const half of ["encoder", "decoder"] as const) {
    pairs.push(
      [`${half}.conv_in`, `${half}.conv_in`],
      [`${half}.norm_out`, `${half}.conv_norm_out`],
      [`${half}.conv_out`, `${half}.conv_out`],
      ...resnet(`${half}.mid.block_1`, `${half}.mid_block.resnets.0`),
      ...within([`${half}.mid.attn_1`, `${half}.mid_block.attentions.0`], ATTENTION_PARTS),
      ...resnet(`${half}.mid.block_2`, `${half}.mid_block.resnets.1`),
    );
  }
  for (let level = 0; level < levels; level++) {
    // The file numbers the decoder's levels from the image inwards, as the encoder's.
    const up = levels - 1 - level;
    for (let layer = 0; layer < layers; layer++) {
      pairs.push(
        ...resnet(`encoder.down.${level}.block.${layer}`, `encoder.down_blocks.${level}.resnets.${layer}`),
      );
    }
    for (let layer = 0; layer <= layers; layer++) {
      pairs.push(...resnet(`decoder.up.${level}.block.${layer}`, `decoder.up_blocks.${up}.resnets.${layer}`));
    }
    pairs.push(
      [`encoder.down.${level}.downsample.conv`, `encoder.down_blocks.${level}.downsamplers.0.conv`],
      [`decoder.up.${level}.upsample.conv`, `decoder.up_blocks.${up}.upsamplers.0.conv`],
    );
  }
  return pairs.map(([inFile, today]) => [VAE_PREFIX + inFile, today]);
}

/** All its parts but the shortcut are called the same. */
const resnet = (inFile: string, today: string): readonly ModulePair[] => [
  [inFile, today],
  [`${inFile}.nin_shortcut`, `${today}.conv_shortcut`],
];
