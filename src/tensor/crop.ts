/** @file Cuts a rectangle out of an image and lays one image over another. Knows no arithmetic on pixels. */
import type { Region } from "./region.js";
import type { RgbImage } from "./rgb-image.js";

/** The pixels of `region`, copied. Throws RangeError when it holds no pixel or leaves the image. */
export function crop(image: RgbImage, region: Region): RgbImage {
  const { left, top, right, bottom } = region;
  if (
    !(left >= 0 && top >= 0 && left < right && top < bottom && right <= image.width && bottom <= image.height)
  ) {
    throw new RangeError(
      `no pixels ${left} … ${right} by ${top} … ${bottom} in an image of ${image.width}x${image.height}`,
    );
  }
  const cut = {
    width: right - left,
    height: bottom - top,
    data: new Uint8Array((right - left) * (bottom - top) * 3),
  };
  paste(cut, image, -left, -top);
  return cut;
}

/** Overwrites `target` with `image`, its corner at `left`, `top`; what lies outside `target` is left out. */
export function paste(target: RgbImage, image: RgbImage, left: number, top: number): void {
  const from = Math.max(left, 0);
  const to = Math.min(left + image.width, target.width);
  if (from >= to) return;
  for (let y = Math.max(top, 0); y < Math.min(top + image.height, target.height); y++) {
    const source = ((y - top) * image.width + from - left) * 3;
    target.data.set(image.data.subarray(source, source + (to - from) * 3), (y * target.width + from) * 3);
  }
}
