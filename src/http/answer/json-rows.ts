/**
 * @file The rows of an answer as JSON text, a piece at a time, and what stands around them; bytes in a row become base64.
 * Knows no row's keys.
 */

/** The JSON text before the first row, its bracket included, and after the last. */
export interface Presentation {
  readonly open: string;
  readonly close: string;
}

/** Azure ML's: the array is the body. */
export const BARE_ROWS: Presentation = { open: "[", close: "]" };
/** MLflow's scoring server's, and KServe's V1 protocol's. */
export const WITHIN_PREDICTIONS: Presentation = { open: '{"predictions":[', close: "]}" };

/** Whole groups of three bytes, so that the pieces join to one text: 256 KiB of it, written in a tenth of a millisecond. */
const SLICE_BYTES = 3 * 2 ** 16;

/** The text of `bytes` between quotes: no character of base64 needs an escape. */
function* base64Text({ buffer, byteOffset, byteLength }: Uint8Array): Generator<string> {
  yield '"';
  for (let start = 0; start < byteLength; start += SLICE_BYTES) {
    const length = Math.min(SLICE_BYTES, byteLength - start);
    yield Buffer.from(buffer, byteOffset + start, length).toString("base64");
  }
  yield '"';
}

function* rowText(row: object): Generator<string> {
  let before = "{";
  for (const [key, value] of Object.entries(row)) {
    if (value === undefined) continue;
    const name = `${before}${JSON.stringify(key)}:`;
    before = ",";
    if (value instanceof Uint8Array) {
      yield name;
      yield* base64Text(value);
    } else yield `${name}${JSON.stringify(value)}`;
  }
  yield before === "{" ? "{}" : "}";
}

/** No piece shorter than a slice, but the last: a turn of the event loop, and a chunk of the answer, for each is dear. */
function* joined(pieces: Iterable<string>): Generator<string> {
  let waiting = "";
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < SLICE_BYTES) continue;
    yield waiting;
    waiting = "";
  }
  if (waiting !== "") yield waiting;
}

function* rowsText(rows: readonly object[], { open, close }: Presentation): Generator<string> {
  yield open;
  for (const [i, row] of rows.entries()) {
    if (i > 0) yield ",";
    yield* rowText(row);
  }
  yield close;
}

/**
 * The pieces of the JSON of `rows` as `presentation` has them, with every Uint8Array that is a value of a row as its base64. Whole, the text may
 * be longer than a string can be, would be in memory beside the bytes, and is long in the making. No piece is longer than
 * 512 KiB of base64 and what stands before it; a row's other values are written at once.
 */
export function jsonRows(rows: readonly object[], presentation: Presentation): Generator<string> {
  return joined(rowsText(rows, presentation));
}
