/**
 * @file A body that has arrived, and its place in the budget until nobody needs it. Knows who minds it; knows nothing of
 * what is in it.
 */

import type { Hold } from "../../async/budget.js";
import { InpaintError } from "../../errors/inpaint-error.js";

export interface TakenBody {
  readonly bytes: Buffer;
  /** To be called when neither the bytes nor what was made of them is in memory any more. Idempotent. */
  readonly release: () => void;
}

export class ArrivedBody {
  #body: TakenBody | undefined;

  constructor(bytes: Buffer, hold: Hold) {
    this.#body = { bytes, release: () => hold.release() };
  }

  /**
   * Whoever takes it minds it from now on, and nobody else keeps it. Throws InpaintError CANCELLED when it was taken or
   * dropped before.
   */
  take(): TakenBody {
    const body = this.#body;
    if (body === undefined)
      throw new InpaintError("CANCELLED", "the request was over before its body was read");
    this.#body = undefined;
    return body;
  }

  /** The request is over: nobody will take it. What has taken it is at work still, and minds it. */
  drop(): void {
    this.#body?.release();
    this.#body = undefined;
  }
}
