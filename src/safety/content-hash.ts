/** @file One name for equal content. Knows texts and pixels; keeps neither. */
import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import type { RgbImage } from "../tensor/rgb-image.js";

/** Two milliseconds of hashing; other requests have their turn between two of them. */
const CHUNK_BYTES = 1_048_576;

/** As JSON, which tells lone surrogates apart. */
export function textHash(text: string): string {
  return createHash("sha256")
    .update(`text ${JSON.stringify(text)}`)
    .digest("hex");
}

export async function imageHash({ width, height, data }: RgbImage): Promise<string> {
  const hash = createHash("sha256").update(`image ${width}x${height} `);
  for (let start = 0; start < data.length; start += CHUNK_BYTES) {
    if (start > 0) await turn();
    hash.update(data.subarray(start, start + CHUNK_BYTES));
  }
  return hash.digest("hex");
}
