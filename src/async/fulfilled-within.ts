/** @file Waiting for a promise, but not for ever. Does not stop what the promise stands for. */

/** True once `promise` is fulfilled, false after `timeoutMs`; rejects when the promise does. Leaves no timer behind. */
export async function fulfilledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
