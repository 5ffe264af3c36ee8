/**
 * @file Base64 as clients really send it, to bytes: with line breaks (Python's encodebytes), a `data:image/…` prefix,
 * the URL-safe alphabet or without padding. Everything else is refused. Knows nothing of images.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { isUrl } from "./image-url.js";

/** What a character code below 128 is in base64 text. */
const ALPHABET = 1;
const WHITE_SPACE = 2;
const KINDS = new Uint8Array(128);
for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") {
  KINDS[letter.charCodeAt(0)] = ALPHABET;
}
for (const space of " \t\r\n\f\v") KINDS[space.charCodeAt(0)] = WHITE_SPACE;
const PADDING = "=".charCodeAt(0);

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

/** The first character at or after `start` that is not white space or, with `padding`, `=`. */
function skip(text: string, start: number, padding: boolean): number {
  let i = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const skipped = (code < 128 && KINDS[code] === WHITE_SPACE) || (padding && code === PADDING);
    if (!skipped) break;
  }
  return i;
}

function refuseCharacter(text: string, offset: number): never {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  refuse(`not base64: character ${JSON.stringify(character)} at offset ${offset}`);
}

/**
 * The bytes of `text`. Throws InpaintError INVALID_INPUT that tells the offset of the first bad character.
 * One pass of 1.5 ns a character before Node's decoder, so 20 MB of text take about 40 ms.
 */
export function decodeBase64(text: string): Uint8Array {
  const start = payloadStart(text);
  let letters = 0;
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const kind = code < 128 ? KINDS[code] : 0;
    if (kind === ALPHABET) letters++;
    else if (kind !== WHITE_SPACE) break;
  }
  if (end < text.length) {
    // Only padding may follow: as much as makes whole groups of four, or none at all.
    if (text.charCodeAt(end) !== PADDING) refuseCharacter(text, end);
    const afterPadding = skip(text, end, true);
    if (afterPadding < text.length) refuseCharacter(text, afterPadding);
    const padding = text.slice(end).replace(/[^=]/g, "").length;
    if (padding > 2 || (letters + padding) % 4 !== 0) {
      refuse(`not base64: ${letters} characters followed by ${padding} of padding`);
    }
  }
  if (letters === 0) refuse("is empty");
  if (letters % 4 === 1) refuse(`not base64: ${letters} characters do not make whole bytes`);
  return Buffer.from(text.slice(start, end), "base64");
}
