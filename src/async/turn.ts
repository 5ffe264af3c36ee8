/**
 * @file Turns of the event loop, for long work that is done a slice at a time. However many do so at once, one of them
 * goes on in each turn: together they hold up others no longer than one alone. Knows no work.
 */
const waiting: (() => void)[] = [];

function letOneGoOn(): void {
  const goOn = waiting.shift();
  if (waiting.length > 0) setImmediate(letOneGoOn);
  goOn?.();
}

/** Fulfilled in a later turn of the event loop, after all who asked before. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(letOneGoOn);
  });
}
