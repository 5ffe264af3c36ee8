/**
 * @file The random checkpoint's configs: the topology of Stable Diffusion 2 inpainting (blocks, layers, attention,
 * projections, activation, scheduler, 512×512), every width cut down.
 */

const DIFFUSERS_VERSION = "0.39.0";

export const modelIndex = {
  _class_name: "StableDiffusionInpaintPipeline",
  _diffusers_version: DIFFUSERS_VERSION,
  feature_extractor: [null, null],
  requires_safety_checker: false,
  safety_checker: [null, null],
  scheduler: ["diffusers", "PNDMScheduler"],
  text_encoder: ["transformers", "CLIPTextModel"],
  tokenizer: ["transformers", "CLIPTokenizer"],
  unet: ["diffusers", "UNet2DConditionModel"],
  vae: ["diffusers", "AutoencoderKL"],
};

export const scheduler = {
  _class_name: "PNDMScheduler",
  _diffusers_version: DIFFUSERS_VERSION,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  beta_start: 0.00085,
  clip_sample: false,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
};

const TEXT_WIDTH = 24;

export const textEncoder = (vocabularySize: number) => ({
  architectures: ["CLIPTextModel"],
  attention_dropout: 0,
  bos_token_id: vocabularySize - 2,
  dropout: 0,
  eos_token_id: vocabularySize - 1,
  hidden_act: "gelu",
  hidden_size: TEXT_WIDTH,
  initializer_factor: 1,
  initializer_range: 0.02,
  intermediate_size: 4 * TEXT_WIDTH,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 77,
  model_type: "clip_text_model",
  num_attention_heads: 3,
  num_hidden_layers: 23,
  pad_token_id: 0,
  projection_dim: TEXT_WIDTH,
  torch_dtype: "float32",
  vocab_size: vocabularySize,
});

export const unet = {
  _class_name: "UNet2DConditionModel",
  _diffusers_version: DIFFUSERS_VERSION,
  act_fn: "silu",
  attention_head_dim: [1, 2, 4, 4],
  block_out_channels: [8, 16, 32, 32],
  center_input_sample: false,
  cross_attention_dim: TEXT_WIDTH,
  down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  downsample_padding: 1,
  dual_cross_attention: false,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 9,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-5,
  norm_num_groups: 4,
  only_cross_attention: false,
  out_channels: 4,
  sample_size: 64,
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  use_linear_projection: true,
};

export const vae = {
  _class_name: "AutoencoderKL",
  _diffusers_version: DIFFUSERS_VERSION,
  act_fn: "silu",
  block_out_channels: [8, 16, 32, 32],
  down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
  in_channels: 3,
  latent_channels: 4,
  layers_per_block: 2,
  norm_num_groups: 4,
  out_channels: 3,
  sample_size: 512,
  scaling_factor: 0.18215,
  up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
};

const token = (content: string) => ({
  content,
  lstrip: false,
  normalized: true,
  rstrip: false,
  single_word: false,
});

export const specialTokensMap = {
  bos_token: token("<|startoftext|>"),
  eos_token: token("<|endoftext|>"),
  pad_token: "!",
  unk_token: token("<|endoftext|>"),
};

export const tokenizerConfig = {
  add_prefix_space: false,
  bos_token: token("<|startoftext|>"),
  do_lower_case: true,
  eos_token: token("<|endoftext|>"),
  errors: "replace",
  model_max_length: 77,
  pad_token: "<|endoftext|>",
  tokenizer_class: "CLIPTokenizer",
  unk_token: token("<|endoftext|>"),
};
