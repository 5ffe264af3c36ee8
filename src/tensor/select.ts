/** @file Order statistics without sorting. Knows nothing of what the numbers are. */

/**
 * The number that would stand at `index` if `values` were sorted; reorders `values` so that what stands before it is
 * not larger and what stands after it not smaller. In linear time on average: sorting 16384 numbers takes ten times as
 * long. With NaN among them the result is any of the numbers.
 *
 * After Hoare, "Algorithm 65: Find" (1961).
 */
export function select(values: Float32Array, index: number): number {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[index] ?? 0;
    let left = first;
    let right = last;
    while (left <= right) {
      while ((values[left] ?? 0) < pivot) left++;
      while (pivot < (values[right] ?? 0)) right--;
      if (left > right) break;
      const low = values[right] ?? 0;
      values[right] = values[left] ?? 0;
      values[left] = low;
      left++;
      right--;
    }
    if (right < index) first = left;
    if (index < left) last = right;
  }
  return values[index] ?? Number.NaN;
}
