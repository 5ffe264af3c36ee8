/**
 * @file The VAE's config.json, as far as it shapes the network.
 * Reference: the constructor of diffusers `AutoencoderKL` (models/autoencoders/autoencoder_kl.py).
 */
import { z } from "zod";
import { channels, layers, perBlock } from "./config-counts.js";

const vaeConfigSchema = z
  .object({
    in_channels: z.literal(3).default(3),
    out_channels: z.literal(3).default(3),
    latent_channels: z.literal(4).default(4),
    block_out_channels: perBlock(channels),
    layers_per_block: layers.default(1),
    norm_num_groups: channels.default(32),
    /** Checkpoints older than the key mean this value. */
    scaling_factor: z.number().min(1e-3).max(1e3).default(0.18215),
    down_block_types: perBlock(z.literal("DownEncoderBlock2D")),
    up_block_types: perBlock(z.literal("UpDecoderBlock2D")),
    act_fn: z.literal("silu").default("silu"),
    use_quant_conv: z.literal(true).default(true),
    use_post_quant_conv: z.literal(true).default(true),
    mid_block_add_attention: z.literal(true).default(true),
    shift_factor: z.null().default(null),
    latents_mean: z.null().default(null),
    latents_std: z.null().default(null),
  })
  .refine((file) => file.down_block_types.length === file.block_out_channels.length, {
    message: "down_block_types and block_out_channels differ in length",
  })
  .refine((file) => file.up_block_types.length === file.block_out_channels.length, {
    message: "up_block_types and block_out_channels differ in length",
  })
  .refine((file) => file.block_out_channels.every((width) => width % file.norm_num_groups === 0), {
    message: "norm_num_groups does not divide every entry of block_out_channels",
  })
  .transform((file) => ({
    imageChannels: file.in_channels,
    latentChannels: file.latent_channels,
    blockOutChannels: file.block_out_channels,
    layersPerBlock: file.layers_per_block,
    normNumGroups: file.norm_num_groups,
    scalingFactor: file.scaling_factor,
    /** Pixels per latent, along each axis. */
    scaleFactor: 2 ** (file.block_out_channels.length - 1),
  }));

export type VaeConfig = z.output<typeof vaeConfigSchema>;
export const parseVaeConfig = (file: unknown) => vaeConfigSchema.safeParse(file);
