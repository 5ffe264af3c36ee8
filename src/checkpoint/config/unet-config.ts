/**
 * @file The UNet's config.json, as far as it shapes the network.
 * Reference: the constructor of diffusers `UNet2DConditionModel` (models/unets/unet_2d_condition.py): the same names,
 * and the same defaults for keys that real files leave out. A key that is known to build another network is refused
 * by name; keys that shape nothing are ignored.
 */
import { z } from "zod";
import { channels, latents, layers, perBlock } from "./config-counts.js";

const oneOrPerBlock = <T extends z.ZodType>(entry: T) => z.union([entry, perBlock(entry)]);

/** A key that only its default builds the network we know. */
const only = <T extends string | number | boolean>(value: T) => z.literal(value).default(value);
const absent = z.null().default(null);

const unetConfigSchema = z
  .object({
    sample_size: latents,
    in_channels: z.literal([4, 9]).default(4),
    out_channels: z.literal(4).default(4),
    flip_sin_to_cos: z.boolean().default(true),
    freq_shift: z.int().min(0).max(1).default(0),
    down_block_types: perBlock(z.enum(["CrossAttnDownBlock2D", "DownBlock2D"])),
    up_block_types: perBlock(z.enum(["CrossAttnUpBlock2D", "UpBlock2D"])),
    block_out_channels: perBlock(channels),
    layers_per_block: oneOrPerBlock(layers).default(2),
    norm_num_groups: channels.default(32),
    norm_eps: z.number().positive().default(1e-5),
    cross_attention_dim: channels,
    transformer_layers_per_block: oneOrPerBlock(layers).default(1),
    /** An old misnomer that diffusers keeps: the number of heads, not their size. */
    attention_head_dim: oneOrPerBlock(channels).default(8),
    use_linear_projection: z.boolean().default(false),
    upcast_attention: z.boolean().nullable().default(false),

    mid_block_type: only("UNetMidBlock2DCrossAttn"),
    act_fn: only("silu"),
    center_input_sample: only(false),
    downsample_padding: only(1),
    mid_block_scale_factor: only(1),
    only_cross_attention: only(false),
    dual_cross_attention: only(false),
    resnet_time_scale_shift: only("default"),
    resnet_out_scale_factor: only(1),
    resnet_skip_time_act: only(false),
    time_embedding_type: only("positional"),
    conv_in_kernel: only(3),
    conv_out_kernel: only(3),
    attention_type: only("default"),
    class_embeddings_concat: only(false),
    num_attention_heads: absent,
    class_embed_type: absent,
    num_class_embeds: absent,
    addition_embed_type: absent,
    encoder_hid_dim: absent,
    encoder_hid_dim_type: absent,
    time_embedding_dim: absent,
    time_embedding_act_fn: absent,
    timestep_post_act: absent,
    time_cond_proj_dim: absent,
    mid_block_only_cross_attention: absent,
    cross_attention_norm: absent,
    reverse_transformer_layers_per_block: absent,
  })
  .transform((file, context) => {
    const blocks = file.block_out_channels.length;
    const each = (key: string, value: number | readonly number[]): readonly number[] => {
      const list = typeof value === "number" ? Array.from({ length: blocks }, () => value) : value;
      if (list.length !== blocks) {
        context.addIssue(`${key} has ${list.length} entries, block_out_channels has ${blocks}`);
      }
      return list;
    };
    for (const key of ["down_block_types", "up_block_types"] as const) {
      if (file[key].length !== blocks) {
        context.addIssue(`${key} has ${file[key].length} entries, block_out_channels has ${blocks}`);
      }
    }
    const heads = each("attention_head_dim", file.attention_head_dim);
    file.block_out_channels.forEach((width, i) => {
      if (width % file.norm_num_groups !== 0) {
        context.addIssue(
          `norm_num_groups ${file.norm_num_groups} does not divide block_out_channels[${i}], ${width}`,
        );
      }
      if (width % (heads[i] ?? width) !== 0) {
        context.addIssue(
          `attention_head_dim ${heads[i]} (heads) does not divide block_out_channels[${i}], ${width}`,
        );
      }
    });
    return {
      sampleSize: file.sample_size,
      inChannels: file.in_channels,
      outChannels: file.out_channels,
      flipSinToCos: file.flip_sin_to_cos,
      freqShift: file.freq_shift,
      downBlockTypes: file.down_block_types,
      upBlockTypes: file.up_block_types,
      blockOutChannels: file.block_out_channels,
      layersPerBlock: each("layers_per_block", file.layers_per_block),
      normNumGroups: file.norm_num_groups,
      normEps: file.norm_eps,
      crossAttentionDim: file.cross_attention_dim,
      transformerLayersPerBlock: each("transformer_layers_per_block", file.transformer_layers_per_block),
      headsPerBlock: heads,
      useLinearProjection: file.use_linear_projection,
      upcastAttention: file.upcast_attention ?? false,
    };
  });

export type UnetConfig = z.output<typeof unetConfigSchema>;
export const parseUnetConfig = (file: unknown) => unetConfigSchema.safeParse(file);
