/**
 * @file Whole results of jobs seen before. Knows no field of a job: all that a job holds is in its key. Which model made
 * a result is not, so a cache is of one model.
 */

import { inSlices } from "../async/in-slices.js";
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { ByteCache, type CacheStats } from "./byte-cache.js";
import { contentKeySlices } from "./content-key.js";

/** What a job gives whenever it is run. */
export interface CachedResult {
  readonly image: RgbImage;
  readonly warnings: readonly string[];
}

/** Names everything that `job` asks for: its images by their pixels, a field that is absent like one that is undefined. */
export function resultKey(job: InpaintJob): Promise<string> {
  return inSlices(contentKeySlices(job));
}

/** What it gives is shared by all who ask: read it, never write into it. */
export class ResultCache {
  readonly #cache: ByteCache<CachedResult>;

  /** 0: off. A result of 512 × 512 pixels is 786 kB. */
  constructor(maxBytes: number) {
    this.#cache = new ByteCache(maxBytes, bytesOf);
  }

  /** False: do not make keys, which reads all pixels of a job. */
  get enabled(): boolean {
    return this.#cache.enabled;
  }

  /** The result of the job that `resultKey` named `key`; counts a hit or a miss. */
  get(key: string): CachedResult | undefined {
    return this.#cache.get(key);
  }

  /** Keeps a copy: pixels that came in a message are a view of the whole message, which would be kept with them. */
  set(key: string, { image: { width, height, data }, warnings }: CachedResult): void {
    this.#cache.set(key, { image: { width, height, data: Uint8Array.from(data) }, warnings: [...warnings] });
  }

  get stats(): CacheStats {
    return this.#cache.stats;
  }
}

/** A character has two bytes at most. */
function bytesOf({ image, warnings }: CachedResult): number {
  return image.data.byteLength + warnings.reduce((bytes, warning) => bytes + 2 * warning.length, 0);
}
