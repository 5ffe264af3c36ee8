/**
 * @file A long text of JSON to the string that it stands for, a slice at a time. Knows escapes and UTF-8; knows nothing of
 * what is around the text.
 */
import type { Sliced } from "../../async/in-slices.js";
import type { LongText } from "./json-scan.js";

/** Of a text, read in half a millisecond; in two where its characters are beyond Latin-1. */
export const SLICE_BYTES = 2 ** 18;
const SHORT_ESCAPE_BYTES = 2;
const UNICODE_ESCAPE_BYTES = 6;

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const ESCAPED = new Uint8Array(128);
for (const [letter, character] of [
  ...['""', "\\\\", "//"].map((pair) => [...pair]),
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]) {
  ESCAPED[letter?.charCodeAt(0) ?? 0] = character?.charCodeAt(0) ?? 0;
}

/** Whether a byte of UTF-8 is none that a character begins with. */
export const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

interface Slice {
  /** Of the escaped text. */
  readonly end: number;
  readonly sliceEnd: number;
  readonly text: Buffer;
  readonly at: number;
}

/** Write the bytes of `json` from `from` to `text` from `at`, escapes resolved; where both were left. */
function unescapeSlice(
  json: Buffer,
  from: number,
  { end, sliceEnd, text, at }: Slice,
): [from: number, at: number] {
  const to = Math.min(end, sliceEnd);
  let written = at;
  let i = from;
  while (i < to) {
    const byte = json[i] ?? 0;
    if (byte !== BACKSLASH) {
      text[written++] = byte;
      i++;
      continue;
    }
    const kind = json[i + 1] ?? 0;
    if (kind === LETTER_U) {
      text[written++] = hexDigit(json[i + 4] ?? 0) * 16 + hexDigit(json[i + 5] ?? 0);
      i += UNICODE_ESCAPE_BYTES;
    } else {
      text[written++] = ESCAPED[kind] ?? 0;
      i += SHORT_ESCAPE_BYTES;
    }
  }
  return [i, written];
}

/** Of `0` … `9`, `A` … `F` and `a` … `f`. */
const hexDigit = (byte: number) => (byte <= 0x39 ? byte - 0x30 : (byte & 0x0f) + 9);

/** Where a piece that begins at `from` and has at least what is before `to` may end: where no character or escape is cut. */
export function pieceEnd(json: Buffer, from: number, to: number): number {
  let i = from;
  while (i < to) {
    if (json[i] !== BACKSLASH) i++;
    else i += json[i + 1] === LETTER_U ? UNICODE_ESCAPE_BYTES : SHORT_ESCAPE_BYTES;
  }
  while (isContinuation(json[i])) i++;
  return i;
}

function* readLatin(json: Buffer, { start, end }: LongText, chars: number): Sliced<string> {
  if (chars === end - start) return json.toString("latin1", start, end);
  const text = Buffer.allocUnsafeSlow(chars);
  let [from, at] = [start, 0];
  for (;;) {
    [from, at] = unescapeSlice(json, from, { end, sliceEnd: from + SLICE_BYTES, text, at });
    if (from >= end) return text.toString("latin1");
    yield;
  }
}

/** The parser reads each slice as a text of its own: halves of a surrogate pair meet again where they are joined. */
function* readAny(json: Buffer, { start, end }: LongText): Sliced<string> {
  const pieces: string[] = [];
  for (let from = start; ; ) {
    const to = pieceEnd(json, from, Math.min(end, from + SLICE_BYTES));
    pieces.push(String(JSON.parse(`"${json.toString("utf8", from, to)}"`)));
    yield;
    if (to >= end) return pieces.join(""); // a turn of its own
    from = to;
  }
}

/** Flat: what comes after need not make it so first. One byte a character where Latin-1 has all of them. */
export function readLongText(json: Buffer, text: LongText): Sliced<string> {
  return text.latinChars === undefined ? readAny(json, text) : readLatin(json, text, text.latinChars);
}
