/** @file How much structure JSON text has, told before it is parsed. Builds nothing; knows no rule of what is too much. */

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;

/**
 * Objects, lists and commas outside of texts: the values of `json`, UTF-8, are at most one more. Exact up to the first
 * error in the syntax, which is as far as a parser gets.
 */
export function countStructure(json: Uint8Array): number {
  let count = 0;
  let inText = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (byte === QUOTE) inText = !inText;
    else if (inText) {
      if (byte === BACKSLASH) i++; // what it escapes may be a quote
    } else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) count++;
  }
  return count;
}
