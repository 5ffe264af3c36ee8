/** @file Whether numbers are finite. Knows nothing of where they come from. */

/** False when any value is NaN or infinite. Without a branch per value: `x - x` is 0 for finite x, else NaN. */
export function allFinite(data: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i] ?? 0;
    sum += x - x;
  }
  return sum === 0;
}
