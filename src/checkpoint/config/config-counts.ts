/**
 * @file The counts of a network's config, each with a cap: a config.json that we did not write decides how many nodes
 * are built and how much is allocated. Far above any published model, far below what would exhaust memory.
 */
import { z } from "zod";

const upTo = (max: number) => z.int().positive().max(max);

/** Stable Diffusion XL's widest layer has 1280 channels, OpenCLIP-bigG's 5120. */
export const channels = upTo(16_384);
/** OpenCLIP-bigG has 32 layers in a stack; no published UNet or VAE has more than 10. */
export const layers = upTo(100);
/** Levels of a UNet or VAE: each halves the image once. */
export const MAX_BLOCKS = 8;
export const vocabulary = upTo(1_000_000);
/** Tokens of a prompt. CLIP has 77; the causal mask grows with the square. */
export const positions = upTo(1024);
/** Latents along an edge of the model's own image: 256 are 2048 pixels. */
export const latents = upTo(256);

/** One entry per level. */
export const perBlock = <T extends z.ZodType>(entry: T) =>
  z.tuple([entry], entry).refine(isFewBlocks, {
    message: `at most ${MAX_BLOCKS} entries`,
  });

function isFewBlocks(list: readonly unknown[]): boolean {
  return list.length <= MAX_BLOCKS;
}
