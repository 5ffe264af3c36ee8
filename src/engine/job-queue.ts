/** @file Jobs in the order in which they are served. Knows the order; does not know what is kept of each. */
import { compareJobs, type JobPlace, precedes } from "./job-order.js";

export class JobQueue<T> {
  readonly #placeOf: (entry: T) => JobPlace;
  readonly #entries: T[] = [];

  /** The place of an entry never changes while it is here, and no two have the same. */
  constructor(placeOf: (entry: T) => JobPlace) {
    this.#placeOf = placeOf;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** First to last. */
  get entries(): readonly T[] {
    return this.#entries;
  }

  get first(): T | undefined {
    return this.#entries[0];
  }

  add(entry: T): void {
    this.#entries.splice(this.countBefore(this.#placeOf(entry)), 0, entry);
  }

  /** False when it is not here. */
  remove(entry: T): boolean {
    const place = this.#placeOf(entry);
    if (this.find(place) === undefined) return false;
    this.#entries.splice(this.countBefore(place), 1);
    return true;
  }

  find(place: JobPlace): T | undefined {
    const entry = this.#entries[this.countBefore(place)];
    return entry !== undefined && compareJobs(this.#placeOf(entry), place) === 0 ? entry : undefined;
  }

  /** How many go before `place`. */
  countBefore(place: JobPlace): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && precedes(this.#placeOf(entry), place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
