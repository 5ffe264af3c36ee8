/** @file How many fetched bytes are in memory, of all requests together and of one. Knows no image. */
import { Budget } from "../async/budget.js";
import { InpaintError } from "../errors/inpaint-error.js";

/** Fetched files are decoded as soon as the request's last one is there. */
const RETRY_AFTER_MS = 5000;

export interface ByteLimits {
  /** Of one request. */
  readonly maxRequestBytes: number;
  /** Of all requests. */
  readonly maxHeldBytes: number;
}

/** What one request holds. */
export interface ByteHold {
  /**
   * Throws InpaintError INVALID_INPUT when it is too much for one request, and QUEUE_FULL when there is no room beside
   * what other requests hold; one that is alone has room.
   */
  take(bytes: number): void;
  /** Gives all of it back. Idempotent. */
  release(): void;
}

export class FetchedBytes {
  readonly #maxRequestBytes: number;
  readonly #budget: Budget;

  constructor({ maxRequestBytes, maxHeldBytes }: ByteLimits) {
    this.#maxRequestBytes = maxRequestBytes;
    this.#budget = new Budget(maxHeldBytes);
  }

  hold(): ByteHold {
    const budget = this.#budget;
    const hold = budget.hold();
    return {
      take: (bytes) => {
        if (hold.own + bytes > this.#maxRequestBytes) {
          throw new InpaintError(
            "INVALID_INPUT",
            `the images of the request's URLs are larger than ${this.#maxRequestBytes} bytes together`,
          );
        }
        if (budget.held > hold.own && !budget.hasRoomFor(bytes)) {
          throw new InpaintError(
            "QUEUE_FULL",
            `no memory for more images of URLs: at most ${budget.max} bytes are held`,
            { retryAfterMs: RETRY_AFTER_MS },
          );
        }
        hold.take(bytes);
      },
      release: () => hold.release(),
    };
  }
}
