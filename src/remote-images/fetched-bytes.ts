/** @file How many fetched bytes are in memory, of all requests together and of one. Knows no image. */
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
  readonly #limits: ByteLimits;
  #heldBytes = 0;

  constructor(limits: ByteLimits) {
    this.#limits = limits;
  }

  hold(): ByteHold {
    const { maxRequestBytes, maxHeldBytes } = this.#limits;
    let own = 0;
    return {
      take: (bytes) => {
        if (own + bytes > maxRequestBytes) {
          throw new InpaintError(
            "INVALID_INPUT",
            `the images of the request's URLs are larger than ${maxRequestBytes} bytes together`,
          );
        }
        if (this.#heldBytes > own && this.#heldBytes + bytes > maxHeldBytes) {
          throw new InpaintError(
            "QUEUE_FULL",
            `no memory for more images of URLs: at most ${maxHeldBytes} bytes are held`,
            { retryAfterMs: RETRY_AFTER_MS },
          );
        }
        own += bytes;
        this.#heldBytes += bytes;
      },
      release: () => {
        this.#heldBytes -= own;
        own = 0;
      },
    };
  }
}
