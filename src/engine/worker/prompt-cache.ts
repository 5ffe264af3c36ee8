/**
 * @file The text encoder's answers to prompts seen before, above all to the empty negative one. Knows no tokenizer and
 * runs no network: the caller does, on a miss.
 *
 * One prompt each: an encoding is the same to the last bit whether it was kept or made anew only if every one is made
 * in a call of its own.
 */
import type { PromptEmbeds } from "../../diffusion/networks.js";
import { tensor } from "../../tensor/tensor.js";
import { ByteCache, type CacheStats } from "../byte-cache.js";

/** Of one model. What it gives is shared by all who ask: read it, never write into it. */
export class PromptCache {
  readonly #cache: ByteCache<PromptEmbeds>;

  /** 0: off. An SD 2 encoding has 77 × 1024 float32, 315 kB. */
  constructor(maxBytes: number) {
    this.#cache = new ByteCache(maxBytes, ({ data }) => data.byteLength);
  }

  /** `[1, 77, d]` of `inputIds`, 77 of them; counts a hit or a miss. */
  get(inputIds: Int32Array, clipSkip: number): PromptEmbeds | undefined {
    return this.#cache.get(keyOf(inputIds, clipSkip));
  }

  /** Keeps a copy: a view of something larger would keep all of it. Throws RangeError unless `embeds` is one prompt's. */
  set(inputIds: Int32Array, clipSkip: number, { shape, data }: PromptEmbeds): void {
    if (shape.length !== 3 || shape[0] !== 1 || shape[1] !== inputIds.length) {
      throw new RangeError(
        `the encoding [${shape.join(", ")}] is not that of one prompt of ${inputIds.length} ids; this is a bug`,
      );
    }
    this.#cache.set(keyOf(inputIds, clipSkip), tensor(shape, data.slice()));
  }

  get stats(): CacheStats {
    return this.#cache.stats;
  }
}

const keyOf = (inputIds: Int32Array, clipSkip: number): string => `${clipSkip}:${inputIds.join()}`;
