/** @file An array as JSON, an element at a time. Knows no element. */

/** The pieces of `JSON.stringify(rows)`: whole it may be longer than a string can be, and would be in memory twice. */
export function* jsonRows(rows: readonly object[]): Generator<string> {
  if (rows.length === 0) yield "[]";
  for (const [i, row] of rows.entries()) {
    const end = i === rows.length - 1 ? "]" : "";
    yield `${i === 0 ? "[" : ","}${JSON.stringify(row)}${end}`;
  }
}
