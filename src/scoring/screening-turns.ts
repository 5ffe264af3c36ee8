/** @file The checks of one request, a few at a time. Knows no service and no row. */
import { Semaphore } from "../async/semaphore.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Screener, Verdict } from "./ports.js";

/** A request of many rows takes its time, and leaves room in the service's line for others. */
export const CHECKS_AT_ONCE = 8;

/** As `screener`, for one request: what is asked beyond CHECKS_AT_ONCE waits until an earlier check has ended. */
export function takingTurns(screener: Screener): Screener {
  const semaphore = new Semaphore({ places: CHECKS_AT_ONCE });

  async function inTurn(signal: AbortSignal, check: () => Promise<Verdict>): Promise<Verdict> {
    try {
      return await semaphore.run(signal, check);
    } catch (error) {
      if (error instanceof InpaintError || !signal.aborted) throw error;
      throw new InpaintError("CANCELLED", "the request ended before its content was screened");
    }
  }

  return {
    screenText: (text, signal) => inTurn(signal, () => screener.screenText(text, signal)),
    screenImage: (image, signal) => inTurn(signal, () => screener.screenImage(image, signal)),
  };
}
