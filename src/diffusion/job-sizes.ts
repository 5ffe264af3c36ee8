/**
 * @file The sizes of one job: what is computed and what is returned. Knows no pixels.
 *
 * Matches: diffusers `StableDiffusionInpaintPipeline` at the next size that it accepts, since it refuses edges that
 * are not multiples of the VAE's scale factor; with `padding_mask_crop` it returns the original image's size.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { InpaintJob } from "./inpaint-job.js";

/** The size a model was trained at. */
export interface ModelGeometry {
  /** Pixels, like `width`. */
  readonly height: number;
  readonly width: number;
  /** Pixels per latent along an edge: 8 for a VAE of four levels. */
  readonly vaeScaleFactor: number;
}

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

export interface JobSizes {
  /** Edges are multiples of the VAE's scale factor. */
  readonly computed: PixelSize;
  readonly returned: PixelSize;
  /** One latent per `vaeScaleFactor` pixels of `computed`. */
  readonly latents: PixelSize;
}

/** Throws InpaintError INVALID_INPUT when a size asked for is not a positive number of pixels. */
export function jobSizes(
  job: Pick<InpaintJob, "height" | "width" | "paddingMaskCrop" | "image">,
  geometry: ModelGeometry,
): JobSizes {
  const asked = { width: job.width ?? geometry.width, height: job.height ?? geometry.height };
  for (const edge of ["height", "width"] as const) {
    if (!Number.isSafeInteger(asked[edge]) || asked[edge] < 1) {
      throw new InpaintError("INVALID_INPUT", `${edge} is at least 1 pixel, not ${asked[edge]}`);
    }
  }
  const { vaeScaleFactor } = geometry;
  const latents = {
    width: Math.ceil(asked.width / vaeScaleFactor),
    height: Math.ceil(asked.height / vaeScaleFactor),
  };
  const { width, height } = job.image;
  return {
    computed: { width: latents.width * vaeScaleFactor, height: latents.height * vaeScaleFactor },
    returned: job.paddingMaskCrop === undefined ? asked : { width, height },
    latents,
  };
}
