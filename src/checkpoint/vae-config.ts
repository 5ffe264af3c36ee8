/**
 * @file The VAE's config.json, as far as it shapes the network.
 * Reference: the constructor of diffusers `AutoencoderKL` (models/autoencoders/autoencoder_kl.py).
 */
import { z } from "zod";

const count = z.int().positive();

const vaeConfigSchema = z
  .object({
    in_channels: z.literal(3).default(3),
    out_channels: z.literal(3).default(3),
    latent_channels: z.literal(4).default(4),
    block_out_channels: z.tuple([count], count),
    layers_per_block: count.default(1),
    norm_num_groups: count.default(32),
    /** Checkpoints older than the key mean this value. */
    scaling_factor: z.number().positive().default(0.18215),
    down_block_types: z.array(z.literal("DownEncoderBlock2D")).nonempty(),
    up_block_types: z.array(z.literal("UpDecoderBlock2D")).nonempty(),
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
