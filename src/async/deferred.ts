/** @file A promise settled from outside. `Promise.withResolvers` is not in Node 20. Knows nothing of who waits. */

export interface Deferred<T> {
  readonly promise: Promise<T>;
  /** Only the first call of `resolve` or `reject` counts. */
  readonly resolve: (value: T) => void;
  readonly reject: (reason: Error) => void;
}

/** A promise and the two functions that settle it. */
export function createDeferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
