/**
 * @file How many pixels of input images are in memory, of all requests together, and how many may be. Knows requests by
 * what they hold; knows no image.
 *
 * A request of two megabytes can hold two hundred times as much once its images are decoded, and holds it as long as its
 * jobs wait: the queue's bound on work says nothing of that.
 */
import { InpaintError } from "../errors/inpaint-error.js";

/** Nobody knows which of the others ends first. */
const RETRY_AFTER_MS = 5000;

/** What one request holds. */
export interface PixelHold {
  /** Throws QUEUE_FULL when there is no room beside what other requests hold; alone, a request may hold any number. */
  take(pixels: number): void;
  /** Gives all of it back. Idempotent. */
  release(): void;
}

export class PixelBudget {
  readonly #maxPixels: number;
  readonly #onChange: (heldPixels: number) => void;
  #heldPixels = 0;

  /** `onChange` hears how many are held by all requests together. */
  constructor(maxPixels: number, onChange: (heldPixels: number) => void) {
    this.#maxPixels = maxPixels;
    this.#onChange = onChange;
  }

  hold(): PixelHold {
    let own = 0;
    return {
      take: (pixels) => {
        const others = this.#heldPixels - own;
        if (others > 0 && this.#heldPixels + pixels > this.#maxPixels) {
          throw new InpaintError(
            "QUEUE_FULL",
            `no memory for more input images: other requests hold ${others} of at most ${this.#maxPixels} pixels, ` +
              `and this one asks for ${own + pixels}`,
            { retryAfterMs: RETRY_AFTER_MS },
          );
        }
        own += pixels;
        this.#change(pixels);
      },
      release: () => {
        this.#change(-own);
        own = 0;
      },
    };
  }

  #change(pixels: number): void {
    this.#heldPixels += pixels;
    this.#onChange(this.#heldPixels);
  }
}
