/**
 * @file Classifier-free guidance. Knows how the two halves of a UNet's output are combined; calls no network.
 *
 * Matches: the denoising loop of diffusers `StableDiffusionInpaintPipeline`; after Ho and Salimans,
 * "Classifier-Free Diffusion Guidance" (2022).
 */
import { tensor } from "../tensor/tensor.js";
import type { Latents } from "./networks.js";

/** Guidance costs a second row per UNet call; at a scale of 1 it would change nothing. */
export function isGuided(guidanceScale: number): boolean {
  return guidanceScale > 1;
}

/** `noisePred` is `[2, 4, h, w]`, the unconditional half first; gives `u + s·(c − u)` as `[1, 4, h, w]`. */
export function applyGuidance(noisePred: Latents, guidanceScale: number): Latents {
  const [, ...row] = noisePred.shape;
  const { data } = noisePred;
  const half = data.length / 2;
  const scale = Math.fround(guidanceScale);
  const out = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    const unconditional = data[i] ?? 0;
    const direction = Math.fround((data[half + i] ?? 0) - unconditional);
    out[i] = unconditional + Math.fround(scale * direction);
  }
  return tensor([1, ...row], out);
}
