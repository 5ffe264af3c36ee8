/**
 * @file A cache bounded in bytes that forgets what was not asked for the longest, and counts how often it helped.
 * Knows no key's meaning and no value's content.
 */
import { LRUCache } from "lru-cache";

/** A snapshot; `hits` and `misses` only ever grow. */
export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  /** Of the values; keys are not counted. Never more than `maxBytes`. */
  readonly bytes: number;
  readonly maxBytes: number;
}

export class ByteCache<Value extends object> {
  readonly #maxBytes: number;
  readonly #bytesOf: (value: Value) => number;
  /** Absent when the cache is off: the library has no cache of size 0. */
  readonly #entries: LRUCache<string, Value> | undefined;
  #hits = 0;
  #misses = 0;

  /** `maxBytes` 0 turns it off: nothing is kept and nothing is counted. `bytesOf` gives a whole number ≥ 1. */
  constructor(maxBytes: number, bytesOf: (value: Value) => number) {
    this.#maxBytes = maxBytes;
    this.#bytesOf = bytesOf;
    this.#entries = maxBytes > 0 ? new LRUCache({ maxSize: maxBytes }) : undefined;
  }

  get enabled(): boolean {
    return this.#entries !== undefined;
  }

  /** Counts a hit, and makes the entry the last to be forgotten; or counts a miss. */
  get(key: string): Value | undefined {
    if (this.#entries === undefined) return undefined;
    const value = this.#entries.get(key);
    if (value === undefined) this.#misses += 1;
    else this.#hits += 1;
    return value;
  }

  /** A value larger than the whole cache is not kept, and pushes nothing out; an older one of that key goes. */
  set(key: string, value: Value): void {
    this.#entries?.set(key, value, { size: this.#bytesOf(value) });
  }

  get stats(): CacheStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      entries: this.#entries?.size ?? 0,
      bytes: this.#entries?.calculatedSize ?? 0,
      maxBytes: this.#maxBytes,
    };
  }
}
