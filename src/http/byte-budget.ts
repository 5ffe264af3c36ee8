/** @file Bytes that may be held in all. Knows a number; knows neither what is held nor by whom. */

/** What one holder has. */
export interface ByteHold {
  /** Whether there is room or not: that is the caller's to ask. */
  take(bytes: number): void;
  /** Gives all of it back. Idempotent. */
  release(): void;
}

export class ByteBudget {
  readonly maxBytes: number;
  readonly #onChange: (heldBytes: number) => void;
  #heldBytes = 0;

  constructor(maxBytes: number, onChange: (heldBytes: number) => void) {
    this.maxBytes = maxBytes;
    this.#onChange = onChange;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#heldBytes + bytes <= this.maxBytes;
  }

  hold(): ByteHold {
    let own = 0;
    return {
      take: (bytes) => {
        own += bytes;
        this.#change(bytes);
      },
      release: () => {
        this.#change(-own);
        own = 0;
      },
    };
  }

  #change(bytes: number): void {
    this.#heldBytes += bytes;
    this.#onChange(this.#heldBytes);
  }
}
