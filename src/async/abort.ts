/** @file Listening to an AbortSignal so that the listener never outlives the wait. Knows nothing of what is aborted. */

/**
 * Call `listener` once when `signal` aborts: at once if it already has. Returns a function that stops listening;
 * without it a long-lived signal would keep every finished wait in memory.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
