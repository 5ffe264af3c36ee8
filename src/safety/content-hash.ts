/** @file One name for equal content. Knows texts and pixels; keeps neither. */
import { createHash } from "node:crypto";
import { inSlices, type Sliced } from "../async/in-slices.js";
import type { RgbImage } from "../tensor/rgb-image.js";

/** Hashed in two milliseconds at most. */
const SLICE_BYTES = 2 ** 20;

/** As JSON, which tells lone surrogates apart. */
export function textHash(text: string): string {
  return createHash("sha256")
    .update(`text ${JSON.stringify(text)}`)
    .digest("hex");
}

function* imageHashSlices({ width, height, data }: RgbImage): Sliced<string> {
  const hash = createHash("sha256").update(`image ${width}x${height} `);
  for (let start = 0; start < data.length; start += SLICE_BYTES) {
    yield; // before the first too: a request may have many images
    hash.update(data.subarray(start, start + SLICE_BYTES));
  }
  return hash.digest("hex");
}

export function imageHash(image: RgbImage): Promise<string> {
  return inSlices(imageHashSlices(image));
}
