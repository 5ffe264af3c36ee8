/**
 * @file Base64 as clients really send it, to bytes: with line breaks (Python's encodebytes), a `data:image/…` prefix,
 * the URL-safe alphabet or without padding. Everything else is refused. Knows nothing of images.
 */
import { inSlices, type Sliced } from "../async/in-slices.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { isUrl } from "./image-url.js";

/** What a character is: the six bits of a letter, or one of these. */
const WHITE_SPACE = 64;
const PADDING = 65;
const FOREIGN = 66;
/** By character code. */
const KINDS = new Uint8Array(2 ** 16).fill(FOREIGN);
for (const [bits, letter] of [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
].entries()) {
  KINDS[letter.charCodeAt(0)] = bits;
}
KINDS["-".charCodeAt(0)] = 62;
KINDS["_".charCodeAt(0)] = 63;
KINDS["=".charCodeAt(0)] = PADDING;
for (const space of " \t\r\n\f\v") KINDS[space.charCodeAt(0)] = WHITE_SPACE;

/** Half a millisecond's work. */
export const SLICE_CHARS = 2 ** 18;

/** How far into the text a prefix is looked for: no real media type is longer. */
const MAX_PREFIX_CHARS = 200;
const DATA_URI = /^\s*data:/i;
const IMAGE_DATA_URI = /^\s*data:image\/[\w.+-]+(?:;[\w.+-]+=[\w.+-]*)*;base64,/i;

function refuse(message: string): never {
  throw new InpaintError("INVALID_INPUT", message);
}

/** Where the base64 begins: after a data URI's comma, or at the start. */
function payloadStart(text: string): number {
  const head = text.slice(0, MAX_PREFIX_CHARS);
  if (isUrl(head)) refuse("URLs are not accepted; send the image itself as base64");
  if (!DATA_URI.test(head)) return 0;
  const prefix = IMAGE_DATA_URI.exec(head);
  if (!prefix) refuse("not a base64 image: a data URI must begin with data:image/…;base64,");
  return prefix[0].length;
}

function refuseCharacter(text: string, offset: number): never {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  refuse(`not base64: character ${JSON.stringify(character)} at offset ${offset}`);
}

/** Bytes as they come out of text that is read a slice at a time: all that is known between two slices. */
class Decoder {
  readonly #bytes: Buffer;
  #length = 0;
  #letters = 0;
  #padding = 0;
  /** The bits of the letters that make no whole byte yet. */
  #bits = 0;

  constructor(maxLetters: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.ceil((maxLetters * 3) / 4));
  }

  /** The number of `codes` that were read: all, or those before the first that may not stand there. */
  read(codes: Uint16Array): number {
    let i = 0;
    while (i < codes.length) {
      if (this.#padding === 0 && this.#letters % 4 === 0) i = this.#readGroups(codes, i);
      const kind = KINDS[codes[i] ?? 0] ?? FOREIGN;
      if (i === codes.length) break;
      if (kind === PADDING) this.#padding++;
      else if (kind < WHITE_SPACE && this.#padding === 0) this.#addLetter(kind);
      else if (kind !== WHITE_SPACE) return i;
      i++;
    }
    return i;
  }

  end(): Uint8Array {
    const letters = this.#letters;
    const padding = this.#padding;
    // As much padding as makes whole groups of four, or none at all.
    if (padding > 0 && (padding > 2 || (letters + padding) % 4 !== 0)) {
      refuse(`not base64: ${letters} characters followed by ${padding} of padding`);
    }
    if (letters === 0) refuse("is empty");
    if (letters % 4 === 1) refuse(`not base64: ${letters} characters do not make whole bytes`);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Four letters at a time, which is nearly all of a text. Where the first is that does not stand in such a group. */
  #readGroups(codes: Uint16Array, start: number): number {
    const bytes = this.#bytes;
    let at = this.#length;
    let i = start;
    for (; i + 4 <= codes.length; i += 4) {
      const a = KINDS[codes[i] ?? 0] ?? FOREIGN;
      const b = KINDS[codes[i + 1] ?? 0] ?? FOREIGN;
      const c = KINDS[codes[i + 2] ?? 0] ?? FOREIGN;
      const d = KINDS[codes[i + 3] ?? 0] ?? FOREIGN;
      if ((a | b | c | d) >= WHITE_SPACE) break;
      bytes[at++] = (a << 2) | (b >> 4);
      bytes[at++] = (b << 4) | (c >> 2);
      bytes[at++] = (c << 6) | d;
    }
    this.#letters += ((at - this.#length) / 3) * 4;
    this.#length = at;
    return i;
  }

  #addLetter(bits: number): void {
    const inGroup = this.#letters++ % 4;
    this.#bits = ((this.#bits << 6) | bits) & 0xfff;
    if (inGroup > 0) this.#bytes[this.#length++] = this.#bits >> (6 - 2 * inGroup);
  }
}

/** As `decodeBase64`, with a slice of SLICE_CHARS characters between two yields. */
export function* base64Slices(text: string): Sliced<Uint8Array> {
  const begin = payloadStart(text);
  const decoder = new Decoder(text.length - begin);
  const codes = new Uint16Array(Math.min(SLICE_CHARS, text.length));
  for (let start = begin; start < text.length; start += SLICE_CHARS) {
    if (start > begin) yield;
    const slice = text.slice(start, start + SLICE_CHARS);
    Buffer.from(codes.buffer).write(slice, "utf16le");
    const read = decoder.read(codes.subarray(0, slice.length));
    if (read < slice.length) refuseCharacter(text, start + read);
  }
  return decoder.end();
}

/**
 * The bytes of `text`. Rejects with InpaintError INVALID_INPUT that tells the offset of the first bad character, or
 * CANCELLED at the first slice after `signal` aborts. Takes 1.5 ns a character, of which no more than SLICE_CHARS are
 * read in one turn of the event loop.
 */
export function decodeBase64(text: string, signal: AbortSignal): Promise<Uint8Array> {
  return inSlices(base64Slices(text), () => {
    if (signal.aborted) throw new InpaintError("CANCELLED", "the image is not wanted any more");
  });
}
