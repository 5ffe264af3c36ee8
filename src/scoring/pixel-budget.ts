/**
 * @file How many pixels of input images are in memory, of all requests together, and how many may be. Knows requests by
 * what they hold; knows no image.
 *
 * A request of two megabytes can hold two hundred times as much once its images are decoded, and holds it as long as its
 * jobs wait: the queue's bound on work says nothing of that.
 */
import { Budget } from "../async/budget.js";
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
  readonly #budget: Budget;

  /** `onChange` hears how many are held by all requests together. */
  constructor(maxPixels: number, onChange: (heldPixels: number) => void) {
    this.#budget = new Budget(maxPixels, onChange);
  }

  hold(): PixelHold {
    const budget = this.#budget;
    const hold = budget.hold();
    return {
      take: (pixels) => {
        const others = budget.held - hold.own;
        if (others > 0 && !budget.hasRoomFor(pixels)) {
          throw new InpaintError(
            "QUEUE_FULL",
            `no memory for more input images: other requests hold ${others} of at most ${budget.max} pixels, ` +
              `and this one asks for ${hold.own + pixels}`,
            { retryAfterMs: RETRY_AFTER_MS },
          );
        }
        hold.take(pixels);
      },
      release: () => hold.release(),
    };
  }
}
