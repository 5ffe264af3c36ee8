/** @file How long a default request takes on an idle server: the exchange over HTTP, from first byte to last. */
import type { InpaintingServer } from "../inpainting-server.js";
import { median } from "../measures/median.js";
import { samplePhotograph } from "../sample-photograph.js";

export interface Timing {
  readonly side: number;
  readonly fastestMs: number;
  readonly medianMs: number;
}

const PROMPT = "Face of a yellow cat, high resolution, sitting on a park bench";
const REQUESTS = 3;

/** One request to warm up, then one after another. The prompt and the picture are the model card's. */
export async function measureTime(server: InpaintingServer, side: number): Promise<Timing> {
  const picture = await samplePhotograph(side);
  const timesMs: number[] = [];
  for (let i = 0; i <= REQUESTS; i++) {
    const tookMs = await server.timeMs({ ...picture, prompt: PROMPT, seed: i });
    if (i > 0) timesMs.push(tookMs);
  }
  return { side, fastestMs: Math.min(...timesMs), medianMs: median(timesMs) };
}
