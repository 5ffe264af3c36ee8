/**
 * @file The mask as the pipeline is to see it: inverted, blurred, and where a crop is asked for as large as the image.
 * Knows no threshold.
 *
 * Matches: Pillow's `ImageOps.invert`, then diffusers `VaeImageProcessor.blur`, called on the mask before the
 * pipeline is. With a crop the reference refuses a mask of another size than the image; here it is stretched.
 */
import { gaussianBlur } from "../tensor/gaussian-blur.js";
import { resizeLanczos } from "../tensor/resize-lanczos.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import type { InpaintJob } from "./inpaint-job.js";
import type { PixelSize } from "./job-sizes.js";

export function editMaskImage(
  job: Pick<InpaintJob, "image" | "maskImage" | "invertMask" | "maskBlur" | "paddingMaskCrop">,
): RgbImage {
  const { image, maskBlur, paddingMaskCrop } = job;
  const mask = job.invertMask ? inverted(job.maskImage) : job.maskImage;
  const blurred = maskBlur > 0 ? gaussianBlur(mask, maskBlur) : mask;
  return paddingMaskCrop === undefined ? blurred : resizeLanczos(blurred, image.width, image.height);
}

/**
 * What to tell a caller whose mask has another aspect than the image: each is stretched for itself, so the hole is
 * not where it was drawn. Absent where one edge off by less than a pixel explains the difference.
 */
export function aspectWarning({
  image,
  maskImage,
}: Pick<InpaintJob, "image" | "maskImage">): string | undefined {
  if (isProportional(image, maskImage) || isProportional(maskImage, image)) return undefined;
  return (
    `the mask of ${maskImage.width}x${maskImage.height} pixels has another aspect than the image of ` +
    `${image.width}x${image.height}; each is stretched to the size of the result`
  );
}

/** Whether `a`'s height is `b`'s, scaled with the width, to less than a pixel. */
function isProportional(a: PixelSize, b: PixelSize): boolean {
  return Math.abs((a.width * b.height) / b.width - a.height) < 1;
}

function inverted({ width, height, data }: RgbImage): RgbImage {
  return { width, height, data: data.map((level) => 255 - level) };
}
