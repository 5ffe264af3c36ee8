/**
 * @file The VAE encoder's answers to pictures seen before, whole or with a hole in them. Knows no resampling and runs no
 * network: the caller does, on a miss. What is kept are moments, not samples: those depend on a job's seed.
 */
import type { LatentMoments } from "../../diffusion/networks.js";
import type { Mask } from "../../tensor/mask.js";
import type { RgbImage } from "../../tensor/rgb-image.js";
import { tensor } from "../../tensor/tensor.js";
import { ByteCache, type CacheStats } from "../byte-cache.js";
import { contentKey } from "../content-key.js";

/**
 * Names what `imageTensor(image, hole)` holds, by content. A picture with a hole is named by what lies under the hole
 * too, though the encoder does not see that.
 */
export function latentKey(image: RgbImage, hole?: Mask): string {
  return contentKey({ image, hole });
}

/** Of one model. What it gives is shared by all who ask: read it, never write into it. */
export class LatentCache {
  readonly #cache: ByteCache<LatentMoments>;

  /** 0: off. The moments of 512 × 512 pixels are 8 × 64 × 64 float32, 131 kB. */
  constructor(maxBytes: number) {
    this.#cache = new ByteCache(maxBytes, ({ data }) => data.byteLength);
  }

  /** `[1, 8, h, w]` of the picture that `latentKey` named `key`; counts a hit or a miss. */
  get(key: string): LatentMoments | undefined {
    return this.#cache.get(key);
  }

  /** Keeps a copy: a view of something larger would keep all of it. Throws RangeError unless `moments` is one picture's. */
  set(key: string, { shape, data }: LatentMoments): void {
    if (shape.length !== 4 || shape[0] !== 1) {
      throw new RangeError(`the moments [${shape.join(", ")}] are not those of one picture; this is a bug`);
    }
    this.#cache.set(key, tensor(shape, data.slice()));
  }

  get stats(): CacheStats {
    return this.#cache.stats;
  }
}
