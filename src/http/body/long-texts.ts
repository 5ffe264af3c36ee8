/**
 * @file Long texts on their way around the JSON parser, which would take all of a body's images in one go: a short text
 * stands for each while the rest is parsed. Knows where they stand; knows no meaning of a value.
 */
import { randomUUID } from "node:crypto";
import type { Sliced } from "../../async/in-slices.js";
import type { LongText } from "./json-scan.js";
import { isContinuation, pieceEnd, readLongText, SLICE_BYTES } from "./read-long-text.js";

/** Of the skeleton; made in half a millisecond. */
const SLICE_TEXTS = 500;
/** Of a parsed value. */
const SLICE_ENTRIES = 5000;
/** V8 quotes ten characters on either side of a fault. */
const SHOWN_BYTES = 16;
const LONGEST_ESCAPE_BYTES = 6;
const MAX_STAND_IN_CHARS = 200;
const BACKSLASH = 0x5c;

/** The last bytes of `json` before `end`, begun where nothing is cut in two; empty where that is not seen soon. */
function tailOf(json: Buffer, { start, end }: LongText): string {
  let from = end - SHOWN_BYTES;
  for (let i = from - 1; i > from - LONGEST_ESCAPE_BYTES; i--) {
    if (json[i] === BACKSLASH) from = i;
    if (end - from > 2 * SHOWN_BYTES || from <= start) return "";
  }
  while (isContinuation(json[from])) from--;
  return json.toString("utf8", from, end);
}

function headOf(json: Buffer, { start }: LongText): string {
  return json.toString("utf8", start, pieceEnd(json, start, start + SHOWN_BYTES));
}

/** The long texts of a body, and the rest of it. */
export class LiftedTexts {
  /** To be parsed: the body's text with a short text in the place of each long one. */
  readonly skeleton: string;
  readonly #json: Buffer;
  readonly #longTexts: readonly LongText[];
  readonly #mark: string;
  /** Where each stand-in ends in the skeleton, and by how much less it has there than in the body. */
  readonly #shifts: readonly { readonly end: number; readonly added: number }[];

  private constructor(
    json: Buffer,
    longTexts: readonly LongText[],
    {
      skeleton,
      mark,
      shifts,
    }: Pick<LiftedTexts, "skeleton"> & {
      readonly mark: string;
      readonly shifts: readonly { readonly end: number; readonly added: number }[];
    },
  ) {
    this.#json = json;
    this.#longTexts = longTexts;
    this.skeleton = skeleton;
    this.#mark = mark;
    this.#shifts = shifts;
  }

  /** Of `json`, UTF-8, up to `end`. */
  static *lift(json: Buffer, longTexts: readonly LongText[], end: number): Sliced<LiftedTexts> {
    // Nobody can have guessed it: a text of the caller's that holds it is one of the short ones.
    const mark = randomUUID();
    if (json.length > SLICE_BYTES) yield; // whoever looked at all of it
    const shifts: { end: number; added: number }[] = [];
    const slices: string[] = [];
    let skeleton = "";
    let length = 0;
    let from = 0;
    for (const [i, text] of longTexts.entries()) {
      const standIn = `${headOf(json, text)} ${mark} ${i} ${tailOf(json, text)}`;
      const piece = json.toString("utf8", from, text.start) + standIn;
      from = text.end;
      skeleton += piece;
      length += piece.length;
      shifts.push({ end: length, added: text.units - standIn.length });
      if (i % SLICE_TEXTS < SLICE_TEXTS - 1) continue;
      slices.push(skeleton);
      skeleton = "";
      yield;
    }
    if (length > SLICE_BYTES) yield;
    slices.push(skeleton, json.toString("utf8", from, end));
    return new LiftedTexts(json, longTexts, { skeleton: slices.join(""), mark, shifts });
  }

  /** Where in the whole text, in UTF-16 units, the skeleton's `position` is. */
  positionOf(position: number): number {
    let inWhole = position;
    for (const { end, added } of this.#shifts) {
      if (end > position) break;
      inWhole += added;
    }
    return inWhole;
  }

  /** `value`, parsed from the skeleton, with the long texts in their places. */
  *putBack(value: unknown): Sliced<unknown> {
    const root = [value];
    // A value may be as deep as it is long.
    const waiting: object[] = [root];
    let entries = 0;
    let bytes = 0;
    if (this.skeleton.length > SLICE_BYTES) yield; // whoever parsed it
    for (let container = waiting.pop(); container !== undefined; container = waiting.pop()) {
      for (const [key, entry] of Object.entries(container)) {
        if (++entries % SLICE_ENTRIES === 0) yield;
        if (typeof entry === "object" && entry !== null) waiting.push(entry);
        const text = typeof entry === "string" ? this.#of(entry) : undefined;
        if (text === undefined) continue;
        Reflect.set(container, key, yield* readLongText(this.#json, text));
        bytes += text.end - text.start;
        if (bytes < SLICE_BYTES) continue;
        bytes = 0;
        yield;
      }
    }
    return root[0];
  }

  #of(standIn: string): LongText | undefined {
    if (standIn.length > MAX_STAND_IN_CHARS) return undefined;
    const at = standIn.indexOf(this.#mark);
    if (at < 0) return undefined;
    return this.#longTexts[Number.parseInt(standIn.slice(at + this.#mark.length), 10)];
  }
}
