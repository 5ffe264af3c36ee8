/**
 * @file The latents that a schedule starts from, and everything that is drawn before it. Knows the order of the draws,
 * which decides every number after them; knows no UNet.
 *
 * Matches: diffusers `StableDiffusionInpaintPipeline.prepare_latents` and `prepare_mask_latents`, one image.
 */
import { expectShape } from "../tensor/expect-shape.js";
import { tensor } from "../tensor/tensor.js";
import type { LatentMask } from "./inpaint-input.js";
import { sampleLatents } from "./latent-dist.js";
import type { LatentMoments, Latents } from "./networks.js";
import type { TorchGenerator } from "./random/torch-generator.js";
import type { NoiseScheduler } from "./scheduler/noise-scheduler.js";

/** Input channels of the UNets served: 9 see mask and masked image, 4 see latents alone. */
export type UnetChannels = 4 | 9;

/** What the VAE's encoder says of a job's pictures, as far as the UNet and the strength ask for it; `[1, 8, h, w]`. */
export interface EncodedImages {
  readonly image?: LatentMoments;
  readonly maskedImage?: LatentMoments;
}

export interface ImagesNeeded {
  readonly image: boolean;
  readonly maskedImage: boolean;
}

/** A UNet of 4 channels needs the image at every strength, for the part that is kept. */
export function imagesNeeded(unetChannels: UnetChannels, strength: number): ImagesNeeded {
  return { image: unetChannels === 4 || strength < 1, maskedImage: unetChannels === 9 };
}

export interface InitialLatents {
  readonly latents: Latents;
  /** Unscaled; what the kept part is noised with again after every step. */
  readonly noise: Latents;
  /** Present where `imagesNeeded` says so, like the masked image's. */
  readonly imageLatents?: Latents;
  readonly maskedImageLatents?: Latents;
}

export interface InitialLatentsOptions {
  readonly unetChannels: UnetChannels;
  /** 0 … 1; only 1 starts from noise alone. */
  readonly strength: number;
  readonly encoded: EncodedImages;
  readonly latentMask: LatentMask;
  readonly scalingFactor: number;
  readonly scheduler: NoiseScheduler;
}

/** Draws the image's sample if it is needed, then the noise, then the masked image's sample. */
export function drawInitialLatents(
  options: InitialLatentsOptions,
  generator: TorchGenerator,
): InitialLatents {
  const { unetChannels, strength, encoded, latentMask, scalingFactor, scheduler } = options;
  const [, , height = 0, width = 0] = latentMask.shape;
  const needed = imagesNeeded(unetChannels, strength);
  const sample = (what: keyof EncodedImages): Latents => {
    const moments = encoded[what];
    if (moments === undefined) throw new RangeError(`${what} is not encoded; this is a bug`);
    expectShape(what, moments.shape, [1, 8, height, width]);
    return sampleLatents(moments, generator, scalingFactor);
  };
  const count = 4 * height * width;
  const imageLatents = needed.image ? sample("image") : undefined;
  const noise: Latents = tensor([1, 4, height, width], generator.randn(count));
  const maskedImageLatents = needed.maskedImage ? sample("maskedImage") : undefined;
  // The reference encodes and samples the masked image for 4 channels too, and never looks at it.
  if (!needed.maskedImage) generator.randn(count);
  return {
    latents:
      strength < 1 && imageLatents !== undefined
        ? scheduler.addNoise(imageLatents, noise, firstTimestep(scheduler))
        : scaled(noise, scheduler.initNoiseSigma),
    noise,
    ...(imageLatents && { imageLatents }),
    ...(maskedImageLatents && { maskedImageLatents }),
  };
}

function firstTimestep({ timesteps: [first] }: NoiseScheduler): number {
  if (first === undefined) throw new Error("a schedule without a timestep; this is a bug");
  return first;
}

function scaled(noise: Latents, initNoiseSigma: number): Latents {
  const sigma = Math.fround(initNoiseSigma);
  return tensor(
    noise.shape,
    noise.data.map((x) => sigma * x),
  );
}
