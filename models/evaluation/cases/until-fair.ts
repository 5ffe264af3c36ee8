/** @file Draws anew until a hole is of a fair size. Knows no picture. */
import { holeShare, type Mask } from "../../scenes/masks/mask.js";

/** Shares of the picture, 0 … 1. */
export interface FairHole {
  readonly smallest: number;
  readonly largest: number;
}

export const MOST_ATTEMPTS = 200;

/**
 * The first of `draw(0)`, `draw(1)`, … whose hole is `fair`; `draw` gives undefined for one that it refuses itself.
 * Throws an Error after `MOST_ATTEMPTS`.
 */
export async function untilFair<Drawn extends { readonly mask: Mask }>(
  { smallest, largest }: FairHole,
  draw: (attempt: number) => Promise<Drawn | undefined>,
): Promise<Drawn> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const drawn = await draw(attempt);
    if (drawn === undefined) continue;
    const share = holeShare(drawn.mask);
    if (share >= smallest && share <= largest) return drawn;
  }
  throw new Error(`none of ${MOST_ATTEMPTS} holes is of a fair size`);
}
