/**
 * @file A job's image and mask at the size that is computed — the whole picture stretched, or the mask's surroundings
 * cut out — and what becomes of the result. Knows no network and draws no noise.
 *
 * Matches: diffusers `VaeImageProcessor.preprocess` with `resize_mode` "default" and "fill", for PIL input, and the
 * mask half of `StableDiffusionInpaintPipeline.prepare_mask_latents`.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { crop } from "../tensor/crop.js";
import { isEmptyMask, type Mask } from "../tensor/mask.js";
import type { Region } from "../tensor/region.js";
import { resizeAndFill } from "../tensor/resize-and-fill.js";
import { resizeLanczos } from "../tensor/resize-lanczos.js";
import { resizeMaskNearest } from "../tensor/resize-mask-nearest.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import type { CropOverlay } from "./crop-overlay.js";
import { cropRegion } from "./crop-region.js";
import type { InpaintJob } from "./inpaint-job.js";
import { jobSizes, type ModelGeometry, type PixelSize } from "./job-sizes.js";
import { type KeptPixels, keepPixels } from "./kept-pixels.js";
import { editMaskImage } from "./mask-image.js";
import { thresholdMask } from "./threshold-mask.js";

/** 1 = repaint, 0 = keep, at the latents' size. */
export type LatentMask = Tensor<"1,1,h,w">;

/** What is done with the decoder's picture. */
export interface FinishPlan {
  readonly returned: PixelSize;
  /** Absent: the picture is stretched to `returned`. */
  readonly overlay?: CropOverlay;
  /** Absent: the raw picture is returned. */
  readonly kept?: KeptPixels;
}

/** Image and mask at the computed size. */
export interface PreparedInput {
  readonly repaintsNothing: false;
  readonly image: RgbImage;
  readonly mask: Mask;
  readonly latentMask: LatentMask;
  readonly finish: FinishPlan;
}

/** `image` is the result whatever the networks would say. */
export interface UntouchedInput {
  readonly repaintsNothing: true;
  readonly image: RgbImage;
}

/** Throws InpaintError INVALID_INPUT for a size that is none, or where the part to cut out is too thin. */
export function prepareInput(job: InpaintJob, geometry: ModelGeometry): PreparedInput | UntouchedInput {
  const { computed, returned, latents } = jobSizes(job, geometry);
  const maskImage = editMaskImage(job);
  const kept = job.preserveUnmasked
    ? keepPixels(job.image, maskImage, { ...returned, feather: job.maskFeather })
    : undefined;
  if (kept !== undefined && isEmptyMask(kept.mask)) return { repaintsNothing: true, image: kept.image };

  if (job.paddingMaskCrop === undefined) {
    const isSameSize = computed.width === returned.width && computed.height === returned.height;
    const { image, mask } =
      kept !== undefined && isSameSize
        ? kept
        : {
            image: resizeLanczos(job.image, computed.width, computed.height),
            mask: thresholdMask(resizeLanczos(maskImage, computed.width, computed.height)),
          };
    return prepared(image, mask, latents, { returned, ...(kept && { kept }) });
  }

  const region = cropRegion(maskImage, computed, job.paddingMaskCrop);
  // The overlay of a black mask is the original, all of it.
  if (region === undefined) return { repaintsNothing: true, image: job.image };
  expectFits(region, computed);
  const cut = (image: RgbImage) => resizeAndFill(crop(image, region), computed.width, computed.height);
  const overlay = { original: job.image, maskImage, region };
  return prepared(cut(job.image), thresholdMask(cut(maskImage)), latents, {
    returned,
    overlay,
    ...(kept && { kept }),
  });
}

function prepared(image: RgbImage, mask: Mask, latents: PixelSize, finish: FinishPlan): PreparedInput {
  const { width, height } = latents;
  const { data } = resizeMaskNearest(mask, width, height);
  return {
    repaintsNothing: false,
    image,
    mask,
    latentMask: tensor([1, 1, height, width], Float32Array.from(data)),
    finish,
  };
}

/**
 * Pixels of the picture that is stretched over the part before what stands out is cut off. Reached only where both the
 * image and the size computed are far longer than wide, each in its own direction.
 */
const MAX_COVERING_PIXELS = 2 ** 26;

function expectFits({ left, top, right, bottom }: Region, computed: PixelSize): void {
  const [width, height] = [right - left, bottom - top];
  const [shrunkWidth, shrunkHeight] = [(computed.height * width) / height, (computed.width * height) / width];
  const covering = Math.max(
    (width * width * computed.height) / computed.width,
    (height * height * computed.width) / computed.height,
  );
  // The reference's resampler fails below one pixel too.
  if (Math.min(shrunkWidth, shrunkHeight) < 1 || covering > MAX_COVERING_PIXELS) {
    throw new InpaintError(
      "INVALID_INPUT",
      `padding_mask_crop: the part to repaint, ${width}x${height} pixels, is too thin for a picture of ` +
        `${computed.width}x${computed.height}`,
    );
  }
}
