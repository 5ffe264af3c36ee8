/** @file When jobs will begin and end that are taken in a given order. Knows no admission and no cost model. */

export interface Forecast {
  /** Milliseconds from now, one per job. */
  readonly startMs: readonly number[];
  readonly endMs: readonly number[];
}

/**
 * List scheduling: each job, in order, goes to whichever of `workers` ≥ 1 is free first. With one worker a job ends
 * when all before it and itself are done. Exact for workers that take the first job in the order run by run, newcomers
 * aside: where those go first, the forecast has to be made anew.
 */
export function forecast(ownMs: readonly number[], workers: number): Forecast {
  const freeAtMs = new Array<number>(Math.max(1, workers)).fill(0);
  const startMs: number[] = [];
  const endMs: number[] = [];
  for (const own of ownMs) {
    const start = Math.min(...freeAtMs);
    freeAtMs[freeAtMs.indexOf(start)] = start + own;
    startMs.push(start);
    endMs.push(start + own);
  }
  return { startMs, endMs };
}
