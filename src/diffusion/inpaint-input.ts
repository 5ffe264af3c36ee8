/**
 * @file A job's image and mask as the networks need them: the model's size, −1 … 1, hole blanked out.
 * Knows no network and draws no noise.
 *
 * Matches: diffusers `VaeImageProcessor.preprocess` and the mask half of
 * `StableDiffusionInpaintPipeline.prepare_mask_latents`, for PIL input and `resize_mode="default"`.
 */
import { luminance } from "../tensor/luminance.js";
import { isEmptyMask, type Mask } from "../tensor/mask.js";
import { resizeLanczos } from "../tensor/resize-lanczos.js";
import { resizeMaskNearest } from "../tensor/resize-mask-nearest.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import type { InpaintJob } from "./inpaint-job.js";
import type { ImageTensor } from "./networks.js";

/** The size a model works at. */
export interface ModelGeometry {
  /** Pixels; a multiple of `vaeScaleFactor`, like `width`. */
  readonly height: number;
  readonly width: number;
  /** Pixels per latent along an edge: 8 for a VAE of four levels. */
  readonly vaeScaleFactor: number;
}

/** 1 = repaint, 0 = keep, at the latents' size. */
export type LatentMask = Tensor<"1,1,h,w">;

export interface PreparedInput {
  /** The input stretched to the model's size. */
  readonly image: RgbImage;
  /** At the model's size; decides which pixels are the input's own in the result. */
  readonly mask: Mask;
  /** `image` in −1 … 1 with 0 (mid-grey) inside the mask; `[1, 3, height, width]`. */
  readonly maskedImage: ImageTensor;
  readonly latentMask: LatentMask;
  /** No mask pixel is 1: with unmasked pixels preserved, the result is `image` whatever the UNet says. */
  readonly repaintsNothing: boolean;
}

/** The least luminance that is repainted: 128/255 is the first 8-bit level ≥ 0.5. */
const REPAINT_FROM_LUMINANCE = 128;

/** Throws RangeError when the geometry's edges are not multiples of its `vaeScaleFactor`. */
export function prepareInput(job: InpaintJob, geometry: ModelGeometry): PreparedInput {
  const { height, width, vaeScaleFactor } = geometry;
  if (height % vaeScaleFactor !== 0 || width % vaeScaleFactor !== 0) {
    throw new RangeError(
      `a model of ${width}x${height} pixels cannot have latents of 1/${vaeScaleFactor} its size`,
    );
  }
  const image = resizeLanczos(job.image, width, height);
  const mask = thresholdMask(resizeLanczos(job.maskImage, width, height));
  const latentMask = resizeMaskNearest(mask, width / vaeScaleFactor, height / vaeScaleFactor);
  return {
    image,
    mask,
    maskedImage: blankOutHole(image, mask),
    latentMask: tensor([1, 1, latentMask.height, latentMask.width], Float32Array.from(latentMask.data)),
    repaintsNothing: isEmptyMask(mask),
  };
}

/** The mask is stretched as RGB and only then turned to grey: the other order rounds differently. */
function thresholdMask(maskImage: RgbImage): Mask {
  const data = luminance(maskImage);
  for (let i = 0; i < data.length; i++) {
    data[i] = (data[i] ?? 0) >= REPAINT_FROM_LUMINANCE ? 1 : 0;
  }
  return { width: maskImage.width, height: maskImage.height, data };
}

/** `2·(v/255) − 1` for each byte, rounded to float32 after every operation as numpy and torch do. */
const NORMALIZED = Float32Array.from({ length: 256 }, (_, v) => 2 * Math.fround(v / 255) - 1);

function blankOutHole(image: RgbImage, mask: Mask): ImageTensor {
  const { width, height, data } = image;
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let i = 0, p = 0; i < plane; i++, p += 3) {
    if (mask.data[i] === 0) {
      out[i] = NORMALIZED[data[p] ?? 0] ?? 0;
      out[plane + i] = NORMALIZED[data[p + 1] ?? 0] ?? 0;
      out[2 * plane + i] = NORMALIZED[data[p + 2] ?? 0] ?? 0;
    }
  }
  return tensor([1, 3, height, width], out);
}
