/**
 * @file The text encoder in a single file: Stable Diffusion 1's, which has transformers' own names, or OpenCLIP's, which
 * Stable Diffusion 2 has. Its config, told by the tensors' shapes, and the transformers name of each module.
 * Reference: diffusers `convert_ldm_clip_checkpoint`, `convert_open_clip_checkpoint` and
 * `SD_2_TEXT_ENCODER_KEYS_TO_IGNORE` (loaders/single_file_utils.py).
 */
import type { LdmTensors } from "./ldm-tensors.js";
import { type ModulePair, within } from "./module-names.js";
import type { NetworkLayout } from "./unet-layout.js";

export const CLIP_PREFIX = "cond_stage_model.transformer.";
export const OPEN_CLIP_PREFIX = "cond_stage_model.model.";

/** Every CLIP text model of both families has heads of this size. */
const HEAD_CHANNELS = 64;
/** Stable Diffusion 2 takes the states before OpenCLIP's last of 24 layers: that one is no part of the checkpoint. */
const OPEN_CLIP_LAYERS = 23;

const OPEN_CLIP_LAYER_PARTS: readonly ModulePair[] = [
  ["ln_1", "layer_norm1"],
  ["attn.out_proj", "self_attn.out_proj"],
  ["ln_2", "layer_norm2"],
  ["mlp.c_fc", "mlp.fc1"],
  ["mlp.c_proj", "mlp.fc2"],
];

export function clipLayout(tensors: LdmTensors): NetworkLayout {
  const prefix = tensors.hasModule(`${CLIP_PREFIX}text_model`) ? `${CLIP_PREFIX}text_model.` : CLIP_PREFIX;
  const hiddenSize = tensors.size(`${prefix}embeddings.token_embedding.weight`, 1);
  return {
    config: {
      vocab_size: tensors.size(`${prefix}embeddings.token_embedding.weight`, 0),
      hidden_size: hiddenSize,
      intermediate_size: tensors.size(`${prefix}encoder.layers.0.mlp.fc1.weight`, 0),
      num_hidden_layers: tensors.count(`${prefix}encoder.layers`),
      num_attention_heads: hiddenSize / HEAD_CHANNELS,
      max_position_embeddings: tensors.size(`${prefix}embeddings.position_embedding.weight`, 0),
      hidden_act: "quick_gelu",
    },
    modules: [
      [`${prefix}embeddings`, "text_model.embeddings"],
      [`${prefix}encoder`, "text_model.encoder"],
      [`${prefix}final_layer_norm`, "text_model.final_layer_norm"],
    ],
  };
}

export function openClipLayout(tensors: LdmTensors): NetworkLayout {
  const blocks = `${OPEN_CLIP_PREFIX}transformer.resblocks`;
  const hiddenSize = tensors.size(`${OPEN_CLIP_PREFIX}token_embedding.weight`, 1);
  const layers = Math.min(tensors.count(blocks), OPEN_CLIP_LAYERS);
  const modules: ModulePair[] = [
    [`${OPEN_CLIP_PREFIX}token_embedding`, "text_model.embeddings.token_embedding"],
    // A bare parameter there, a module here.
    [`${OPEN_CLIP_PREFIX}positional_embedding`, "text_model.embeddings.position_embedding.weight"],
    [`${OPEN_CLIP_PREFIX}ln_final`, "text_model.final_layer_norm"],
  ];
  for (let i = 0; i < layers; i++) {
    modules.push(...within([`${blocks}.${i}`, `text_model.encoder.layers.${i}`], OPEN_CLIP_LAYER_PARTS));
  }
  return {
    config: {
      vocab_size: tensors.size(`${OPEN_CLIP_PREFIX}token_embedding.weight`, 0),
      hidden_size: hiddenSize,
      intermediate_size: tensors.size(`${blocks}.0.mlp.c_fc.weight`, 0),
      num_hidden_layers: layers,
      num_attention_heads: hiddenSize / HEAD_CHANNELS,
      max_position_embeddings: tensors.size(`${OPEN_CLIP_PREFIX}positional_embedding`, 0),
      hidden_act: "gelu",
    },
    modules,
  };
}

/** One tensor of queries, keys and values, in that order, which diffusers holds apart. */
const FUSED = /^cond_stage_model\.model\.transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)$/;
const SPLIT = /^text_model\.encoder\.layers\.(\d+)\.self_attn\.[qkv]_proj\.(weight|bias)$/;

/** The three names, in order, or undefined where `name` is no fused tensor of a layer that is used. */
export function fusedParts(name: string): readonly string[] | undefined {
  const [, layer = "", kind] = FUSED.exec(name) ?? [];
  if (kind === undefined || Number(layer) >= OPEN_CLIP_LAYERS) return undefined;
  return ["q", "k", "v"].map((part) => `text_model.encoder.layers.${layer}.self_attn.${part}_proj.${kind}`);
}

export function fusedNameOf(today: string): string | undefined {
  const [, layer, kind] = SPLIT.exec(today) ?? [];
  return layer === undefined
    ? undefined
    : `${OPEN_CLIP_PREFIX}transformer.resblocks.${layer}.attn.in_proj_${kind}`;
}

/** What the prompt's states do not depend on. */
export function isUnusedOpenClip(name: string): boolean {
  if (!name.startsWith(OPEN_CLIP_PREFIX)) return false;
  const rest = name.slice(OPEN_CLIP_PREFIX.length);
  if (rest === "text_projection" || rest === "logit_scale" || rest === "attn_mask") return true;
  const [, layer = ""] = /^transformer\.resblocks\.(\d+)\./.exec(rest) ?? [];
  return layer !== "" && Number(layer) >= OPEN_CLIP_LAYERS;
}
