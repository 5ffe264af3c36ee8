/** @file How long one thing takes, warm. Knows nothing of what it is. */

/** A first run finds memory and, on a GPU, the fastest kernels; a second shows that it has. */
const WARM_UP_RUNS = 2;
const LEAST_RUNS = 3;
const MOST_RUNS = 30;
const MEASURED_MS = 2000;

export interface Duration {
  readonly medianMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly runs: number;
}

export async function measure(run: () => Promise<unknown>): Promise<Duration> {
  for (let i = 0; i < WARM_UP_RUNS; i++) await run();
  const times: number[] = [];
  const startMs = performance.now();
  while (
    times.length < LEAST_RUNS ||
    (times.length < MOST_RUNS && performance.now() - startMs < MEASURED_MS)
  ) {
    const runStartMs = performance.now();
    await run();
    times.push(performance.now() - runStartMs);
  }
  times.sort((a, b) => a - b);
  const [leastMs = Number.NaN] = times;
  return {
    medianMs: times[Math.floor(times.length / 2)] ?? Number.NaN,
    leastMs,
    mostMs: times.at(-1) ?? Number.NaN,
    runs: times.length,
  };
}
