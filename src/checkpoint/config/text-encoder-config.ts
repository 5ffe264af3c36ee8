/**
 * @file The text encoder's config.json, as far as it shapes the network.
 * Reference: transformers `CLIPTextConfig` (models/clip/configuration_clip.py): same names, same defaults.
 */
import { z } from "zod";
import { channels, layers, positions, vocabulary } from "./config-counts.js";

const textEncoderConfigSchema = z
  .object({
    model_type: z.literal("clip_text_model").default("clip_text_model"),
    vocab_size: vocabulary.default(49408),
    hidden_size: channels.default(512),
    intermediate_size: channels.default(2048),
    num_hidden_layers: layers.default(12),
    num_attention_heads: channels.default(8),
    max_position_embeddings: positions.default(77),
    hidden_act: z.enum(["gelu", "quick_gelu"]).default("quick_gelu"),
    layer_norm_eps: z.number().positive().default(1e-5),
  })
  .refine((file) => file.hidden_size % file.num_attention_heads === 0, {
    message: "hidden_size is not a multiple of num_attention_heads",
  })
  .transform((file) => ({
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    numHiddenLayers: file.num_hidden_layers,
    numAttentionHeads: file.num_attention_heads,
    maxPositionEmbeddings: file.max_position_embeddings,
    hiddenAct: file.hidden_act,
    layerNormEps: file.layer_norm_eps,
  }));

export type TextEncoderConfig = z.output<typeof textEncoderConfigSchema>;
export const parseTextEncoderConfig = (file: unknown) => textEncoderConfigSchema.safeParse(file);
