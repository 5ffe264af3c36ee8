/**
 * @file When clients that were refused should come back: one after the other, no faster than a server can take them.
 * Knows no queue; what room there is its caller says.
 *
 * Told only when there will be room as things stand, all would come back together, and all but one in vain. So each is
 * given the slot after the one before, as if those who were sent away stood in a queue of their own. Nobody is known
 * again when he comes back: as long as others keep arriving faster than they are served, these take the room first.
 */

/** Slots are this many times as long as the work they are for: the rest is for who comes unasked, and for errors. */
const STRETCH = 1.25;
/** Whoever finds nothing to do after a silence as long as this many slots proves that those who were sent away stay away. */
const SILENT_SLOTS = 5;
/** Enough for ten times too many requests in a minute; longer nobody waits, and an overload that lasts has no end to tell. */
const MAX_RETRY_AFTER_MS = 900_000;

export class RetrySlots {
  #lastSlotMs = Number.NEGATIVE_INFINITY;
  #slotLengthMs = 0;
  #lastArrivalMs = Number.NEGATIVE_INFINITY;

  /** Somebody came; `idle` when there is nothing to do. */
  arrived(nowMs: number, idle: boolean): void {
    const silenceMs = nowMs - this.#lastArrivalMs;
    if (idle && silenceMs > SILENT_SLOTS * this.#slotLengthMs) this.#lastSlotMs = Number.NEGATIVE_INFINITY;
    this.#lastArrivalMs = nowMs;
  }

  /** Milliseconds until the slot for work of `ownMs` milliseconds of the whole server, in `roomInMs` or later. */
  book(nowMs: number, { roomInMs, ownMs }: { readonly roomInMs: number; readonly ownMs: number }): number {
    this.#slotLengthMs = STRETCH * ownMs;
    const slotMs = Math.max(nowMs + roomInMs, this.#lastSlotMs + this.#slotLengthMs);
    this.#lastSlotMs = Math.min(slotMs, nowMs + MAX_RETRY_AFTER_MS);
    return this.#lastSlotMs - nowMs;
  }
}
