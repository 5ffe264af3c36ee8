/** @file Small systems of linear equations in float32. Knows no solver. */

const round = Math.fround;

/**
 * The x of `matrix` · x = `right`, by LU decomposition with partial pivoting. Operations are in the order in which
 * `torch.linalg.solve` was seen to make them (with MKL; to the last bit for two unknowns, nearly always for three):
 * sums of products are rounded before they are subtracted, and pivots divide by way of their reciprocals. A singular
 * matrix gives values that are not finite.
 */
export function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const size = matrix.length;
  const rows = decompose(matrix.map((row, i) => Float32Array.of(...row, right[i] ?? Number.NaN)));
  const solution = new Float32Array(size);
  for (const [i, row] of rows.entries()) {
    solution[i] = round((row[size] ?? Number.NaN) - dot(row, solution, 0, i));
  }
  for (const [i, row] of [...rows.entries()].reverse()) {
    const rest = round((solution[i] ?? Number.NaN) - dot(row, solution, i + 1, size));
    solution[i] = rest * round(1 / (row[i] ?? Number.NaN));
  }
  return [...solution];
}

/** Rows of U, with L below the diagonal; the last column only changes places. */
function decompose(rows: readonly Float32Array[]): readonly Float32Array[] {
  const size = rows.length;
  let decomposed: readonly Float32Array[] = rows;
  for (let column = 0; column < size; column++) {
    const magnitude = (row: Float32Array) => Math.abs(row[column] ?? Number.NaN);
    const done = decomposed.slice(0, column);
    const [pivot = new Float32Array(0), ...others] = decomposed
      .slice(column)
      .toSorted((a, b) => magnitude(b) - magnitude(a));
    const reciprocal = round(1 / (pivot[column] ?? Number.NaN));
    const reduced = others.map((row) => {
      const factor = round((row[column] ?? Number.NaN) * reciprocal);
      return row.map((value, i) => {
        if (i === column) return factor;
        return i < column || i === size ? value : value - round(factor * (pivot[i] ?? Number.NaN));
      });
    });
    decomposed = [...done, pivot, ...reduced];
  }
  return decomposed;
}

/** Of the elements from `start` up to `end`. */
function dot(a: Float32Array, b: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum = round(sum + round((a[i] ?? 0) * (b[i] ?? 0)));
  return sum;
}
