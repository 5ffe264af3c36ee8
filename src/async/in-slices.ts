/**
 * @file Long synchronous work cut into slices, between which the event loop turns, so that nobody else waits for all of
 * it. Knows no work: what a slice is, is for the work to say.
 */
import { turn } from "./turn.js";

/** Work that has done a slice of itself at every `yield`: at most a millisecond or so. */
export type Sliced<Result> = Generator<undefined, Result, undefined>;

/**
 * The result of `work`, or a rejection with what it throws. `beforeNext` is called before each slice but the first; what
 * it throws ends the work.
 */
export async function inSlices<Result>(work: Sliced<Result>, beforeNext?: () => void): Promise<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await turn();
    beforeNext?.();
  }
}

/** `pieces` one by one, each made in a turn of the event loop of its own, however fast they are taken. */
export async function* paced<Piece>(pieces: Iterable<Piece>): AsyncGenerator<Piece, void, undefined> {
  for (const piece of pieces) {
    yield piece;
    await turn();
  }
}
