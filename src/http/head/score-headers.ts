/** @file What the headers of a scoring request ask for. Knows their names and words; times and streams nothing. */
import { InpaintError } from "../../errors/inpaint-error.js";
import { PRIORITIES, type Priority } from "../../scoring/ports.js";
import { preview } from "../../scoring/preview.js";

/** As node gives them: a header of our own that was sent twice is one text with a comma. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export const TIMEOUT_HEADER = "x-inpaint-timeout-ms";
export const PRIORITY_HEADER = "x-inpaint-priority";

function refuse(header: string, expected: string, value: unknown): never {
  throw new InpaintError("INVALID_INPUT", `header ${header}: expected ${expected}, got ${preview(value)}`);
}

/** Milliseconds: what the caller asks for, at most `maxMs`. Throws InpaintError INVALID_INPUT naming the header. */
export function timeoutMsOf(headers: RequestHeaders, maxMs: number): number {
  const text = headers[TIMEOUT_HEADER];
  if (text === undefined) return maxMs;
  const asked = typeof text === "string" && /^\d+$/.test(text) ? Number(text) : 0;
  if (asked < 1) refuse(TIMEOUT_HEADER, "a whole number of milliseconds, at least 1", text);
  return Math.min(asked, maxMs);
}

/** `online` where the caller says nothing. Throws InpaintError INVALID_INPUT naming the header. */
export function priorityOf(headers: RequestHeaders): Priority {
  const text = headers[PRIORITY_HEADER] ?? "online";
  return (
    PRIORITIES.find((priority) => priority === text) ?? refuse(PRIORITY_HEADER, PRIORITIES.join(" or "), text)
  );
}

/** How much a media type is wanted, 0 … 1; undefined where `accept` does not name it. */
function qualityOf(accept: string, mediaType: string): number | undefined {
  for (const range of accept.split(",")) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    if (name !== mediaType) continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    const quality = weight === undefined ? 1 : Number(weight.slice("q=".length));
    return quality >= 0 && quality <= 1 ? quality : 0;
  }
  return undefined;
}

/** Whether events are asked for by name, and JSON is not asked for more. A wildcard is answered with JSON. */
export function asksForEvents({ accept }: RequestHeaders): boolean {
  if (typeof accept !== "string") return false;
  const events = qualityOf(accept, "text/event-stream") ?? 0;
  return events > 0 && events >= (qualityOf(accept, "application/json") ?? 0);
}
