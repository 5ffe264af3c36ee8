/** @file The rows of an answer as JSON, a row at a time, and what stands around them. Knows no row. */

/** The JSON text before the first row, its bracket included, and after the last. */
export interface Presentation {
  readonly open: string;
  readonly close: string;
}

/** Azure ML's: the array is the body. */
export const BARE_ROWS: Presentation = { open: "[", close: "]" };
/** MLflow's scoring server's, and KServe's V1 protocol's. */
export const WITHIN_PREDICTIONS: Presentation = { open: '{"predictions":[', close: "]}" };

/**
 * The pieces of the JSON of `rows`, none of them empty: whole it may be longer than a string can be, and would be in
 * memory twice.
 */
export function* jsonRows(rows: readonly object[], { open, close }: Presentation): Generator<string> {
  if (rows.length === 0) yield open + close;
  for (const [i, row] of rows.entries()) {
    const end = i === rows.length - 1 ? close : "";
    yield `${i === 0 ? open : ","}${JSON.stringify(row)}${end}`;
  }
}
