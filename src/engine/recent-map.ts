/** @file A map that forgets what was not asked for longest. Knows nothing of its values. */

export class RecentMap<V> {
  readonly #maxSize: number;
  readonly #entries = new Map<string, V>();

  /** Holds `maxSize` ≥ 1 values. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** The value of `key`, which becomes the last to be forgotten; made when there is none. */
  use(key: string, make: () => V): V {
    const value = this.#entries.get(key) ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxSize) break;
      this.#entries.delete(oldest);
    }
    return value;
  }

  /** Does not count as use. */
  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  values(): Iterable<V> {
    return this.#entries.values();
  }
}
