/**
 * @file The linear map that comes closest to what was seen. Knows no latents and no colours. In float64, unlike the
 * solvers' `solveLinear`, which rounds as torch does.
 */

/** y ≈ intercept + Σ coefficients[i] · x[i] */
export interface LinearFit {
  readonly coefficients: readonly number[];
  readonly intercept: number;
}

/**
 * How much a coefficient has to be worth, as a share of the predictors' mean variance: inputs that say the same, or
 * nothing, still have one answer, the smallest. Too little to be seen in any other.
 */
const RIDGE = 1e-9;

/**
 * The fit of `target` by `predictors`, all of one length ≥ 1: the smallest sum of squared errors, by the normal
 * equations of centred columns and Cholesky's decomposition. Columns that never change get 0.
 */
export function leastSquares(predictors: readonly ArrayLike<number>[], target: ArrayLike<number>): LinearFit {
  const columns = predictors.map(centred);
  const { values, mean } = centred(target);
  const products = columns.map((a) => columns.map((b) => dot(a.values, b.values)));
  const trace = products.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const ridge = (RIDGE * trace) / columns.length || 1;
  const matrix = products.map((row, i) => row.map((product, j) => (i === j ? product + ridge : product)));
  const right = columns.map((column) => dot(column.values, values));
  const coefficients = solvePositive(matrix, right);
  const explained = columns.reduce((sum, column, i) => sum + column.mean * (coefficients[i] ?? 0), 0);
  return { coefficients, intercept: mean - explained };
}

function centred(column: ArrayLike<number>): { readonly values: Float64Array; readonly mean: number } {
  const values = Float64Array.from(column);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { values: values.map((x) => x - mean), mean };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
}

/** The x of `matrix` · x = `right`; `matrix` symmetric and positive definite. */
function solvePositive(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const size = right.length;
  const lower = matrix.map(() => new Float64Array(size));
  const at = (i: number, j: number) => lower[i]?.[j] ?? 0;
  const forward = new Float64Array(size);
  for (const [i, row] of lower.entries()) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]?.[j] ?? 0;
      for (let k = 0; k < j; k++) rest -= at(i, k) * at(j, k);
      row[j] = i === j ? Math.sqrt(rest) : rest / at(j, j);
    }
    let rest = right[i] ?? 0;
    for (let k = 0; k < i; k++) rest -= at(i, k) * (forward[k] ?? 0);
    forward[i] = rest / at(i, i);
  }
  const solution = new Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    let rest = forward[i] ?? 0;
    for (let k = i + 1; k < size; k++) rest -= at(k, i) * (solution[k] ?? 0);
    solution[i] = rest / at(i, i);
  }
  return solution;
}
