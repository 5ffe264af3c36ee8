/**
 * @file Whether a row's bits depend on what else is in its UNet call: what a server that batches must know before it
 * promises the same picture in any company. Knows no time.
 */
import type { Report } from "./report.js";
import { rowAt, type UnetRows } from "./unet-rows.js";

const ROW = 0;
/** Rows that are in no call of the timing. */
const STRANGERS_FROM = 1000;

/**
 * A line for each size. Fails where `promised` (the CPU's rows depend on nothing), and where the very same call gives
 * other bits.
 */
export async function reportRowDependence(
  rows: UnetRows,
  batches: readonly number[],
  promised: boolean,
  report: Report,
): Promise<void> {
  report.line("one row's bits against those it has in a call of so many rows; else the largest difference");
  report.line(
    `${"rows".padStart(6)}${["same call again", "other neighbours", "other place", "alone, 1 row"].map((name) => name.padStart(18)).join("")}`,
  );
  const alone = rowAt(await rows.predict([ROW]), 0);
  for (const size of batches) {
    const company = Array.from({ length: size }, (_, i) => ROW + i);
    const strangers = company.map((_, i) => (i === 0 ? ROW : STRANGERS_FROM + i));
    const expected = rowAt(await rows.predict(company), 0);
    const others = [
      rowAt(await rows.predict(company), 0),
      rowAt(await rows.predict(strangers), 0),
      rowAt(await rows.predict(strangers.toReversed()), size - 1),
      alone,
    ];
    const differences = others.map((other) => largestDifference(other, expected));
    const cells = differences.map((difference) =>
      (difference === 0 ? "identical" : difference.toExponential(1)).padStart(18),
    );
    const kept = promised ? differences.every((difference) => difference === 0) : differences[0] === 0;
    report.verdict(String(size).padStart(6) + cells.join(""), kept);
  }
}

/** max|a − b| / max|b|; 0 only if every bit is the same, which of two zeros or two NaN the values do not tell. */
export function largestDifference(actual: Float32Array, expected: Float32Array): number {
  const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (bits(actual).equals(bits(expected))) return 0;
  let [most, worst] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    if (!Number.isFinite(a - b)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, Math.abs(b));
    worst = Math.max(worst, Math.abs(a - b));
  }
  return Math.max(worst / most, Number.MIN_VALUE);
}
