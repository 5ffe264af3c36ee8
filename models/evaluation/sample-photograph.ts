/** @file The model card's own photograph, a dog on a bench, and the mask of the dog. Knows no prompt. */
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { SAMPLE_IMAGE, SAMPLE_MASK } from "../../src/bin/package-paths.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import type { Mask } from "../scenes/masks/mask.js";

/** Of 255, as the server takes a mask. */
const MASK_THRESHOLD = 128;

/** Both in a square of `side` pixels. */
export async function samplePhotograph(
  side: number,
): Promise<{ readonly image: RgbImage; readonly mask: Mask }> {
  const [image, mask] = [sharp(await readFile(SAMPLE_IMAGE)), sharp(await readFile(SAMPLE_MASK))];
  const data = await image.resize(side, side).removeAlpha().raw().toBuffer();
  const bytes = await mask.resize(side, side).greyscale().threshold(MASK_THRESHOLD).raw().toBuffer();
  return { image: { width: side, height: side, data }, mask: { width: side, height: side, bytes } };
}
