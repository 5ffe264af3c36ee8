/** @file Pictures for tests: the sample photograph, its mask, and noise. Knows no expectation. */
import sharp from "sharp";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { noiseBytes } from "./integer-noise.js";
import { fixturePath } from "./paths.js";

/** The seed of the noise pictures in test/scripts/goldens/resample.py. */
const NOISE_SEED = 3;

export function noiseImage(width: number, height: number): RgbImage {
  return { width, height, data: noiseBytes(width * height * 3, NOISE_SEED) };
}

/** `name` is of a file beside the sample photograph; decoded by the library itself, not by the server's codec. */
export async function samplePicture(name: "image.png" | "mask.png"): Promise<RgbImage> {
  const { data, info } = await sharp(fixturePath(`dog-on-bench/${name}`), { ignoreIcc: true })
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}
