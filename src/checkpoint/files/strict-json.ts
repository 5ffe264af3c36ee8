/**
 * @file JSON as a checkpoint's files must have it: UTF-8, one value, no key twice in an object.
 * Knows the text; knows no file and no schema.
 */

/** How much of a key a message shows. */
const SHOWN_CHARACTERS = 80;

/**
 * Throws an Error whose message, one line, says what is wrong and quotes the text around it. `NaN` and `Infinity`, which Python's
 * writer lets through, are refused: they are no JSON. A key given twice is refused, since which one counts would
 * depend on the reader.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  if (text.startsWith("\uFEFF")) throw new Error("begins with a byte order mark, which JSON does not have");
  const value = parseJson(text);
  const twice = duplicateKey(text);
  if (twice !== undefined) {
    throw new Error(`the key ${JSON.stringify(twice.slice(0, SHOWN_CHARACTERS))} is given twice`);
  }
  return value;
}

/** The message of the built-in parser quotes the text as it is, line ends included. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error((cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " "), {
      cause,
    });
  }
}

/** Throws an Error where the bytes are not UTF-8. A byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error("not UTF-8", { cause });
  }
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;

/** The first key that stands twice in one object of `json`, which must be valid. */
function duplicateKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === OPEN_OBJECT) objects.push(new Set());
    else if (code === CLOSE_OBJECT) objects.pop();
    else if (code === QUOTE) {
      const end = textEnd(json, i);
      if (isKey(json, end)) {
        const quoted = json.slice(i, end);
        // Written with and without escapes, a key is the same key.
        const key = quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
        const keys = objects.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** The place after the closing quote of the text that opens at `start`. */
function textEnd(json: string, start: number): number {
  let i = start + 1;
  while (i < json.length && json.charCodeAt(i) !== QUOTE) i += json.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i + 1;
}

function isKey(json: string, end: number): boolean {
  let i = end;
  while (json.charCodeAt(i) <= SPACE) i++;
  return json.charCodeAt(i) === COLON;
}
