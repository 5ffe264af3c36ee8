/** @file How many rows a UNet run may have on each kind of device. Knows no network. */
import type { ModelInfo, ModelOptions } from "../protocol.js";

/** With guidance, which is the rule, a job is two rows. */
const ROWS_PER_JOB = 2;

/**
 * Ascending. None for the CPU, which takes any number and rounds the same in all. On a GPU powers of two, each of which is
 * tuned before the first job; with `deterministic` only the largest: rows round otherwise in a batch of another size.
 */
export function rowCounts(
  provider: ModelInfo["executionProvider"],
  { maxBatch, deterministic }: Pick<ModelOptions, "maxBatch" | "deterministic">,
): readonly number[] {
  if (provider === "cpu") return [];
  const most = ROWS_PER_JOB * maxBatch;
  if (deterministic) return [most];
  const counts: number[] = [];
  for (let rows = 1; rows < most; rows *= 2) counts.push(rows);
  return [...counts, most];
}
