/** @file A request for a small picture, which takes tens of milliseconds, and pays as little for its files. */
import sharp from "sharp";
import { sampleImageFile, sampleMaskFile } from "./sample.js";

const SIDE = 128;

const small = async (file: Buffer) =>
  (await sharp(file).resize(SIDE, SIDE).jpeg().toBuffer()).toString("base64");
const image = await small(sampleImageFile);
const mask = await small(sampleMaskFile);

/** The JSON of one row, 128×128 with guidance. Seeds tell rows apart. */
export function smallRequest(steps: number, seed: number): string {
  const row = { prompt: "Face of a yellow cat", image, mask_image: mask };
  const parameters = { num_inference_steps: steps, seed, height: SIDE, width: SIDE };
  return JSON.stringify({
    input_data: { columns: ["prompt", "image", "mask_image"], data: [row], parameters },
  });
}
