/** @file How long to wait before trying again. Knows numbers only: whoever waits keeps the count. */

export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The wait before attempt `attempt` (1 is the first retry): `firstMs`, doubled for each attempt after it, at most
 * `maxMs`. Without jitter: where many wait for the same thing, spreading them is for who waits.
 */
export function backOffMs(attempt: number, { firstMs, maxMs }: BackOff): number {
  if (!Number.isInteger(attempt) || attempt < 1) {
    throw new RangeError(`attempt is ${attempt}; the first retry is attempt 1`);
  }
  return Math.min(firstMs * 2 ** (attempt - 1), maxMs);
}
