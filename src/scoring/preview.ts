/** @file A caller's value in a few words, for a message. Never shows more than a few characters of its content. */

const MAX_SHOWN_CHARS = 40;

/** Text in quotes and escaped, cut to 40 characters. */
export function quote(text: string): string {
  return text.length > MAX_SHOWN_CHARS
    ? `${JSON.stringify(text.slice(0, MAX_SHOWN_CHARS))}…`
    : JSON.stringify(text);
}

/** What a JSON value is, and its content where that is short: `"5"`, `an array`, `null`. */
export function preview(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "an array";
  if (value !== null && typeof value === "object") return "an object";
  return String(value);
}
