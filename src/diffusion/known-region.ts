/**
 * @file Keeps the unmasked part of the latents at what the image is, for UNets that see neither mask nor image.
 *
 * Matches: the branch for 4 input channels in the denoising loop of diffusers `StableDiffusionInpaintPipeline`.
 */
import { tensor } from "../tensor/tensor.js";
import type { LatentMask } from "./inpaint-input.js";
import type { Latents } from "./networks.js";

/**
 * `latents` where the mask is 1, `known` where it is 0: the image's latents, noised for the step to come or, after the
 * last one, as they are. All of one size.
 */
export function blendKnownRegion(latents: Latents, known: Latents, latentMask: LatentMask): Latents {
  const plane = latentMask.data.length;
  return tensor(
    latents.shape,
    latents.data.map((x, i) => (latentMask.data[i % plane] === 1 ? x : (known.data[i] ?? 0))),
  );
}
