/**
 * @file The port to the four networks, as the pipeline needs them. Speaks of tensors only; `runtime/` implements it.
 * Every input and output is float32 in host memory. Batches may be of any size ≥ 1.
 */
import type { Tensor } from "../tensor/tensor.js";

/** CLIP's hidden states after the final layer norm. */
export type PromptEmbeds = Tensor<"B,77,d">;
/** RGB in −1 … 1; H and W are multiples of the VAE's scale factor. */
export type ImageTensor = Tensor<"B,3,H,W">;
/** The VAE's posterior: means in the first 4 channels, log variances in the last 4. */
export type LatentMoments = Tensor<"B,8,h,w">;
/** Scaled latents (times `scalingFactor`), unit variance at the start of a schedule. */
export type Latents = Tensor<"B,4,h,w">;
/** Latents in 4 channels, or `[latents | mask | masked image latents]` in 4 + 1 + 4. */
export type LatentModelInput = Tensor<"B,4,h,w"> | Tensor<"B,9,h,w">;

export interface Networks {
  /**
   * `inputIds` is `[B, 77]` row-major, `B * 77` ids. The last `clipSkip` ≥ 0 layers are left out, the final layer norm
   * is not. Rejects with INVALID_INPUT when the encoder has fewer layers.
   */
  encodePrompt(inputIds: Int32Array, clipSkip: number): Promise<PromptEmbeds>;
  encodeImage(image: ImageTensor): Promise<LatentMoments>;
  /** One timestep per row of the batch: rows may be at different steps of different schedules. */
  predictNoise(
    input: LatentModelInput,
    timesteps: Float32Array,
    promptEmbeds: PromptEmbeds,
  ): Promise<Latents>;
  /** Takes latents already divided by `scalingFactor`. */
  decodeLatents(latents: Latents): Promise<ImageTensor>;
}
