/**
 * @file Long texts on their way around the JSON parser, which would take all of a body's images in one go: a short text
 * stands for each while the rest is parsed. Knows where they stand; knows no meaning of a value.
 */
import { randomUUID } from "node:crypto";
import type { Sliced } from "../async/in-slices.js";
import type { LongText } from "./json-scan.js";

/** Of a text, read in half a millisecond. */
const SLICE_BYTES = 2 ** 18;
/** Of a parsed value. */
const SLICE_ENTRIES = 5000;
/** V8 quotes ten characters on either side of a fault. */
const SHOWN_BYTES = 16;
const LONGEST_ESCAPE_BYTES = 6;
const MAX_STAND_IN_CHARS = 200;

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

/** The last bytes of `json` before `end`, begun where no escape is cut in two; empty where that is not seen soon. */
function tailOf(json: Buffer, { start, end }: LongText): string {
  let from = end - SHOWN_BYTES;
  for (let i = from - 1; i > from - LONGEST_ESCAPE_BYTES; i--) {
    if (json[i] === BACKSLASH) from = i;
    if (end - from > 2 * SHOWN_BYTES || from <= start) return "";
  }
  return json.toString("latin1", from, end);
}

function headOf(json: Buffer, { start }: LongText): string {
  const head = json.toString("latin1", start, start + SHOWN_BYTES);
  return head.includes("\\") ? "" : head;
}

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
      i += LONGEST_ESCAPE_BYTES;
    } else {
      text[written++] = ESCAPED[kind] ?? 0;
      i += 2;
    }
  }
  return [i, written];
}

/** Of `0` … `9`, `A` … `F` and `a` … `f`. */
const hexDigit = (byte: number) => (byte <= 0x39 ? byte - 0x30 : (byte & 0x0f) + 9);

/** The JSON text of `json` up to `end` with a short text in the place of each of `longTexts`, and the way back. */
export class LiftedTexts {
  /** To be parsed. */
  readonly skeleton: string;
  readonly #json: Buffer;
  readonly #longTexts: readonly LongText[];
  /** Nobody can have guessed it: a text of the caller's that holds it is one of the short ones. */
  readonly #mark = randomUUID();

  constructor(json: Buffer, longTexts: readonly LongText[], end: number) {
    this.#json = json;
    this.#longTexts = longTexts;
    const pieces: Buffer[] = [];
    let from = 0;
    for (const [i, text] of longTexts.entries()) {
      pieces.push(json.subarray(from, text.start), Buffer.from(this.#standIn(text, i)));
      from = text.end;
    }
    pieces.push(json.subarray(from, end));
    this.skeleton = Buffer.concat(pieces).toString("utf8");
  }

  /** Where in the whole text, in UTF-16 units, the skeleton's `position` is. */
  positionOf(position: number): number {
    let added = 0;
    let from = 0;
    for (const [i, text] of this.#longTexts.entries()) {
      const standIn = this.#standIn(text, i);
      from = this.skeleton.indexOf(standIn, from) + standIn.length;
      if (from > position) break;
      added += text.end - text.start - standIn.length;
    }
    return position + added;
  }

  /** `value`, parsed from the skeleton, with the long texts in their places. */
  *putBack(value: unknown): Sliced<unknown> {
    const root = [value];
    // A value may be as deep as it is long.
    const waiting: object[] = [root];
    let entries = 0;
    let bytes = 0;
    for (let container = waiting.pop(); container !== undefined; container = waiting.pop()) {
      for (const [key, entry] of Object.entries(container)) {
        if (++entries % SLICE_ENTRIES === 0) yield;
        if (typeof entry === "object" && entry !== null) waiting.push(entry);
        const text = typeof entry === "string" ? this.#of(entry) : undefined;
        if (text === undefined) continue;
        Reflect.set(container, key, yield* this.#read(text));
        bytes += text.end - text.start;
        if (bytes < SLICE_BYTES) continue;
        bytes = 0;
        yield;
      }
    }
    return root[0];
  }

  #standIn(text: LongText, i: number): string {
    return `${headOf(this.#json, text)} ${this.#mark} ${i} ${tailOf(this.#json, text)}`;
  }

  #of(standIn: string): LongText | undefined {
    if (standIn.length > MAX_STAND_IN_CHARS) return undefined;
    const at = standIn.indexOf(this.#mark);
    if (at < 0) return undefined;
    return this.#longTexts[Number.parseInt(standIn.slice(at + this.#mark.length), 10)];
  }

  /** Flat, one byte a character: what comes after need not make it so first. */
  *#read({ start, end, chars }: LongText): Sliced<string> {
    const json = this.#json;
    if (chars === end - start) return json.toString("latin1", start, end);
    const text = Buffer.allocUnsafeSlow(chars);
    let [from, at] = [start, 0];
    for (;;) {
      [from, at] = unescapeSlice(json, from, { end, sliceEnd: from + SLICE_BYTES, text, at });
      if (from >= end) return text.toString("latin1");
      yield;
    }
  }
}
