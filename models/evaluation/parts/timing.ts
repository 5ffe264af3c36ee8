/** @file How long a default request takes on an idle server, from the request's first byte to the picture's last. */
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { SAMPLE_IMAGE, SAMPLE_MASK } from "../../../src/bin/package-paths.js";
import type { InpaintingServer } from "../inpainting-server.js";
import { median } from "../measures/median.js";

export interface Timing {
  readonly side: number;
  readonly fastestMs: number;
  readonly medianMs: number;
}

const PROMPT = "Face of a yellow cat, high resolution, sitting on a park bench";
const REQUESTS = 3;

/** One request to warm up, then one after another. The prompt and the picture are the model card's. */
export async function measureTime(server: InpaintingServer, side: number): Promise<Timing> {
  const image = { width: side, height: side, data: await pixels(SAMPLE_IMAGE, side, 3) };
  const mask = { width: side, height: side, bytes: await pixels(SAMPLE_MASK, side, 1) };
  const timesMs: number[] = [];
  for (let i = 0; i <= REQUESTS; i++) {
    const startMs = performance.now();
    await server.inpaint({ image, mask, prompt: PROMPT, seed: i });
    if (i > 0) timesMs.push(performance.now() - startMs);
  }
  return { side, fastestMs: Math.min(...timesMs), medianMs: median(timesMs) };
}

async function pixels(path: string, side: number, channels: 1 | 3): Promise<Uint8Array> {
  const picture = sharp(await readFile(path)).resize(side, side);
  return (channels === 1 ? picture.greyscale() : picture.removeAlpha()).raw().toBuffer();
}
