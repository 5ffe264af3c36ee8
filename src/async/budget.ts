/** @file An amount that may be held in all, bytes or pixels. Knows a number; knows neither what is held nor by whom. */

/** What one holder has. */
export interface Hold {
  readonly own: number;
  /** Whether there is room or not: that is the caller's to ask. */
  take(amount: number): void;
  /** Gives all of it back. Idempotent. */
  release(): void;
}

export class Budget {
  readonly max: number;
  readonly #onChange: (held: number) => void;
  #held = 0;

  /** `onChange` hears how much is held by all together. */
  constructor(max: number, onChange: (held: number) => void = () => {}) {
    this.max = max;
    this.#onChange = onChange;
  }

  get held(): number {
    return this.#held;
  }

  hasRoomFor(amount: number): boolean {
    return this.#held + amount <= this.max;
  }

  hold(): Hold {
    let own = 0;
    return {
      get own() {
        return own;
      },
      take: (amount) => {
        own += amount;
        this.#change(amount);
      },
      release: () => {
        this.#change(-own);
        own = 0;
      },
    };
  }

  #change(amount: number): void {
    this.#held += amount;
    this.#onChange(this.#held);
  }
}
