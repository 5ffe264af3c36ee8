/** @file Fills a hole with one colour: the mean of what lies around it. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { type Mask, widened } from "../../scenes/masks/mask.js";

/** How far the surround reaches, of the picture's width. */
const SURROUND = 1 / 16;

/** Throws RangeError when there is nothing around the hole. */
export async function meanColour(image: RgbImage, mask: Mask): Promise<RgbImage> {
  const wider = await widened(mask, SURROUND * image.width);
  const sums = [0, 0, 0];
  let count = 0;
  for (let pixel = 0; pixel < mask.bytes.length; pixel++) {
    if (mask.bytes[pixel] !== 0 || wider.bytes[pixel] === 0) continue;
    for (let c = 0; c < 3; c++) sums[c] = (sums[c] ?? 0) + (image.data[pixel * 3 + c] ?? 0);
    count++;
  }
  if (count === 0) throw new RangeError("there is nothing around the hole");
  const colour = sums.map((sum) => Math.round(sum / count));
  // not slice(), which of a Buffer is no copy
  const data = Uint8Array.from(image.data);
  for (let pixel = 0; pixel < mask.bytes.length; pixel++)
    if (mask.bytes[pixel] !== 0) data.set(colour, pixel * 3);
  return { width: image.width, height: image.height, data };
}
