/** @file Waiting for a promise until a signal says not to. Does not stop what the promise stands for. */

import { onAbort } from "./abort.js";
import { createDeferred } from "./deferred.js";

/**
 * As `promise`, or rejects with the signal's reason as soon as it aborts, whether or not `promise` ever settles. Leaves
 * no listener behind; what `promise` does afterwards is ignored.
 */
export async function untilAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  const aborted = createDeferred<never>();
  const stopListening = onAbort(signal, () => aborted.reject(signal.reason));
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    stopListening();
  }
}
