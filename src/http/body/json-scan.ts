/**
 * @file JSON text before it is parsed: how much structure it has, and where its long texts stand. Builds no value; knows
 * no rule of what is too much, and judges no syntax but that of texts.
 */
import type { Sliced } from "../../async/in-slices.js";

/** A text that is as long is worth lifting out of the body: an image or a long prompt, not a key. */
export const MIN_LONG_BYTES = 1024;
/** Read in half a millisecond. */
export const SCAN_SLICE_BYTES = 2 ** 18;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const FIRST_PRINTABLE = 0x20;
const FIRST_BEYOND_ASCII = 0x80;
const ZERO = 0x30;
const LETTER_U = 0x75;
/** `\u00e9` */
const UNICODE_ESCAPE_BYTES = 6;
/** What the parser may want to see of a fault in the syntax, to say what it is. */
const FAULT_BYTES = 16;

const isWhiteSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isHexDigit = (byte: number) =>
  (byte >= ZERO && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
/** By byte: 1 for what `\` makes an escape of two bytes. */
const ENDS_ESCAPE = new Uint8Array(256);
for (const letter of Buffer.from('"\\/bfnrt')) ENDS_ESCAPE[letter] = 1;
/** By byte: 1 for what has no meaning in a text but itself. */
const IS_PLAIN = new Uint8Array(256).fill(1, FIRST_PRINTABLE, FIRST_BEYOND_ASCII);
IS_PLAIN[QUOTE] = 0;
IS_PLAIN[BACKSLASH] = 0;
/** By byte: 1 for what continues a character, which is no UTF-16 unit; -1 for what begins one of two units. */
const SURPLUS = new Int8Array(256).fill(1, FIRST_BEYOND_ASCII, 0xc0).fill(-1, 0xf0);

/** A text's bytes between its quotes, its escapes valid. */
export interface LongText {
  readonly start: number;
  /** Of the closing quote, or of the fault that stands in its place. */
  readonly end: number;
  /** That these bytes are in UTF-16, escapes as they stand. */
  readonly units: number;
  /**
   * Characters that it has, where all bytes are ASCII and all escapes below U+0100: fewer than bytes when some are escaped.
   * Undefined for other texts.
   */
  readonly latinChars: number | undefined;
}

export interface JsonScan {
  /** Objects, lists and commas outside of texts: the body's values are at most one more. Exact up to the first fault. */
  readonly structure: number;
  /** In the body's order. Keys are none of them. */
  readonly longTexts: readonly LongText[];
  /** Where the scan ended: at the body's end, or behind a fault in the syntax that no parser gets past. */
  readonly end: number;
}

/** What an escape is: its bytes, 0 for one that is no JSON; `below256` when it stands for a character below U+0100. */
function escapeAt(json: Uint8Array, at: number): { readonly bytes: number; readonly below256: boolean } {
  const kind = json[at + 1] ?? 0;
  if (ENDS_ESCAPE[kind] === 1) return { bytes: 2, below256: true };
  if (kind !== LETTER_U) return { bytes: 0, below256: false };
  for (let i = 2; i < UNICODE_ESCAPE_BYTES; i++) {
    if (!isHexDigit(json[at + i] ?? 0)) return { bytes: 0, below256: false };
  }
  return { bytes: UNICODE_ESCAPE_BYTES, below256: json[at + 2] === ZERO && json[at + 3] === ZERO };
}

/** The first byte at or after `from` that is not plain, or `to`. Nearly all of a body is passed here. */
function plainEnd(json: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && IS_PLAIN[json[i] ?? 0] === 1) i++;
  return i;
}

/** Scan `json`, UTF-8, with SCAN_SLICE_BYTES of it between two yields. */
export function* scanJson(json: Uint8Array): Sliced<JsonScan> {
  const longTexts: LongText[] = [];
  let structure = 0;
  let inText = false;
  let start = 0;
  let savedBytes = 0;
  /** Bytes that the text has more than UTF-16 units. */
  let surplus = 0;
  let isLatin = true;
  let sliceEnd = SCAN_SLICE_BYTES;
  /** A text that ended just now: a key, if a colon follows. */
  let ended: LongText | undefined;
  let i = 0;
  const longText = (end: number): LongText | undefined => {
    const bytes = end - start;
    if (bytes < MIN_LONG_BYTES) return undefined;
    return { start, end, units: bytes - surplus, latinChars: isLatin ? bytes - savedBytes : undefined };
  };

  for (; i < json.length; i++) {
    if (i >= sliceEnd) {
      sliceEnd = i + SCAN_SLICE_BYTES;
      yield;
    }
    if (inText) {
      i = plainEnd(json, i, Math.min(sliceEnd, json.length));
      if (i >= sliceEnd || i === json.length) {
        i--; // for the loop's own step
        continue;
      }
    }
    const byte = json[i] ?? 0;
    if (inText) {
      if (byte === QUOTE) {
        inText = false;
        ended = longText(i);
      } else if (byte === BACKSLASH) {
        const { bytes, below256 } = escapeAt(json, i);
        if (bytes === 0) break;
        if (!below256) isLatin = false;
        savedBytes += bytes - 1;
        i += bytes - 1;
      } else if (byte >= FIRST_BEYOND_ASCII) {
        isLatin = false;
        surplus += SURPLUS[byte] ?? 0;
        const to = Math.min(sliceEnd, json.length);
        for (; i + 1 < to && (json[i + 1] ?? 0) >= FIRST_BEYOND_ASCII; i++)
          surplus += SURPLUS[json[i + 1] ?? 0] ?? 0;
      } else if (byte < FIRST_PRINTABLE) break;
      continue;
    }
    if (ended !== undefined && !isWhiteSpace(byte)) {
      if (byte !== COLON) longTexts.push(ended);
      ended = undefined;
    }
    if (byte === QUOTE) {
      inText = true;
      start = i + 1;
      savedBytes = 0;
      surplus = 0;
      isLatin = true;
    } else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) structure++;
  }
  if (ended !== undefined) longTexts.push(ended);
  if (!inText) return { structure, longTexts, end: json.length };
  // A text that has no end, or a byte in it that may not be there.
  const last = longText(i);
  if (last !== undefined) longTexts.push(last);
  return { structure, longTexts, end: Math.min(json.length, i + FAULT_BYTES) };
}
