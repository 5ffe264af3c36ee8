/** @file Small systems of linear equations in float32. Knows no solver. */

/**
 * The x of `matrix` · x = `right`, by elimination with partial pivoting as LAPACK's `gesv` does it. A singular matrix
 * gives values that are not finite.
 */
export function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const round = Math.fround;
  const rows = matrix.map((row, i) => Float32Array.of(...row, right[i] ?? Number.NaN));
  for (let column = 0; column < rows.length; column++) {
    const at = (row: Float32Array) => Math.abs(row[column] ?? Number.NaN);
    const below = rows.splice(column).sort((a, b) => at(b) - at(a));
    const [pivot = new Float32Array(0), ...others] = below;
    rows.push(
      pivot,
      ...others.map((row) => {
        const factor = round((row[column] ?? Number.NaN) / (pivot[column] ?? Number.NaN));
        return row.map((value, i) => value - round(factor * (pivot[i] ?? Number.NaN)));
      }),
    );
  }
  const solution = new Float32Array(rows.length);
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i] ?? new Float32Array(0);
    let rest = row[rows.length] ?? Number.NaN;
    for (let j = i + 1; j < rows.length; j++) rest = round(rest - round((row[j] ?? 0) * (solution[j] ?? 0)));
    solution[i] = rest / (row[i] ?? Number.NaN);
  }
  return [...solution];
}
