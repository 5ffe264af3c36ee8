/**
 * @file How much a picture changes where a hole ends, from pixel to pixel. Knows nothing of how the hole was filled.
 *
 * The answer of a server with its defaults goes over into what was sent within a few pixels of the edge, and shows a
 * fifth of its own jump here; `seam` looks behind that.
 */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";

/**
 * The mean difference (all channels, 0 … 255) between a pixel of the hole and its neighbour outside, over all such
 * pairs side by side or one above the other. Throws RangeError for a mask without an edge.
 */
export function edgeJump({ data }: RgbImage, { width, height, bytes }: Mask): number {
  let sum = 0;
  let pairs = 0;
  const compare = (one: number, other: number) => {
    if (bytes[one] === bytes[other]) return;
    for (let c = 0; c < 3; c++) sum += Math.abs((data[one * 3 + c] ?? 0) - (data[other * 3 + c] ?? 0));
    pairs++;
  };
  for (let y = 0, pixel = 0; y < height; y++)
    for (let x = 0; x < width; x++, pixel++) {
      if (x + 1 < width) compare(pixel, pixel + 1);
      if (y + 1 < height) compare(pixel, pixel + width);
    }
  if (pairs === 0) throw new RangeError("the mask has no edge");
  return sum / (3 * pairs);
}
