/** @file Listening to an AbortSignal so that the listener never outlives the wait. Knows nothing of what is aborted. */
import { setMaxListeners } from "node:events";

/**
 * Call `listener` once when `signal` aborts: at once if it already has. Returns a function that stops listening;
 * without it a long-lived signal would keep every finished wait in memory.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  // As many as wait: a request's signal has its rows, and none of them stays.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
