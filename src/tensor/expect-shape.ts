/** @file A check on shapes that only a mistake in the program can fail. */

/** Throws RangeError that names `what` when the shapes differ. */
export function expectShape(what: string, actual: readonly number[], expected: readonly number[]): void {
  if (actual.join() !== expected.join()) {
    throw new RangeError(
      `${what} is [${actual.join(", ")}], expected [${expected.join(", ")}]; this is a bug`,
    );
  }
}
