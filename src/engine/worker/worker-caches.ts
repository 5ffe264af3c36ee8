/** @file What a worker remembers of jobs that have ended, and how often it helped. Knows caches; knows no job. */
import type { CacheUse } from "../protocol.js";
import { LatentCache } from "./latent-cache.js";
import { PromptCache } from "./prompt-cache.js";

export class WorkerCaches {
  readonly prompts: PromptCache;
  readonly latents: LatentCache;
  #told = { prompt: { hits: 0, misses: 0 }, latent: { hits: 0, misses: 0 } };

  /** Bytes; 0 turns one off. */
  constructor({
    promptCacheBytes,
    latentCacheBytes,
  }: { promptCacheBytes: number; latentCacheBytes: number }) {
    this.prompts = new PromptCache(promptCacheBytes);
    this.latents = new LatentCache(latentCacheBytes);
  }

  /** Hits and misses since it was asked last. */
  takeUse(): readonly CacheUse[] {
    const now = { prompt: this.prompts.stats, latent: this.latents.stats };
    const use = (["prompt", "latent"] as const).map((cache) => ({
      cache,
      hits: now[cache].hits - this.#told[cache].hits,
      misses: now[cache].misses - this.#told[cache].misses,
      bytes: now[cache].bytes,
    }));
    this.#told = now;
    return use;
  }
}
