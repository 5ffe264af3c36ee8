/** @file Pictures of equal height joined into one strip. Knows pixels only; encoding is the codec's. */
import type { RgbImage } from "../tensor/rgb-image.js";

/** White pixels between two pictures. */
const GAP_PIXELS = 8;

/** `images` from left to right. Throws RangeError when there is none or their heights differ. */
export function sideBySide(images: readonly RgbImage[]): RgbImage {
  const height = images[0]?.height;
  if (height === undefined) throw new RangeError("there is no picture to put side by side");
  const odd = images.find((image) => image.height !== height);
  if (odd !== undefined) {
    throw new RangeError(
      `pictures of ${height} and ${odd.height} pixels in height cannot stand side by side`,
    );
  }
  const width = images.reduce((sum, image) => sum + image.width, GAP_PIXELS * (images.length - 1));
  const data = new Uint8Array(width * height * 3).fill(255);
  let left = 0;
  for (const image of images) {
    const rowBytes = image.width * 3;
    for (let y = 0; y < height; y++) {
      data.set(image.data.subarray(y * rowBytes, (y + 1) * rowBytes), (y * width + left) * 3);
    }
    left += image.width + GAP_PIXELS;
  }
  return { width, height, data };
}
