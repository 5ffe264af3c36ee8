/** @file Several questions at once, of which one answer can settle the matter. Knows no question. */

/**
 * The answers to `asks`, in order. One that `decides`, or a failure, aborts the signal that the others got; theirs are
 * undefined then. Rejects with the first failure unless an answer has decided. However it ends, every question has.
 */
export async function untilDecided<T>(
  asks: readonly ((signal: AbortSignal) => Promise<T>)[],
  decides: (answer: T) => boolean,
  signal: AbortSignal,
): Promise<readonly (T | undefined)[]> {
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  const answers: (T | undefined)[] = asks.map(() => undefined);
  const failures: unknown[] = [];
  let isDecided = false;
  await Promise.all(
    asks.map(async (ask, i) => {
      try {
        const answer = await ask(either);
        answers[i] = answer;
        if (!decides(answer)) return;
        isDecided = true;
      } catch (error) {
        failures.push(error);
      }
      enough.abort();
    }),
  );
  if (!isDecided && failures.length > 0) throw failures[0];
  return answers;
}
