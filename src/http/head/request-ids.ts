/**
 * @file The ids of one request: what its headers say, what is generated, what goes back. The rules are those of Azure
 * ML's inference server; knows nothing of what is asked for.
 */
import { randomUUID } from "node:crypto";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { RequestHeaders } from "./score-headers.js";

const MAX_ID_CHARS = 100;
/** All that an id may be made of, to the answer and to the log: a client that sends more gets a `?` for each. */
const ODD_CHARACTER = /[^\x20-\x7e]/g;

export interface RequestIds {
  /** For the log: the caller's if it can be one, else generated. */
  readonly requestId: string;
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** REQUEST_ID_TOO_LONG, when an id is. */
  readonly problem?: InpaintError;
}

/** Absent where there is none, or an empty one. A header that was sent twice is one text, with a comma. */
function idOf(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value.replace(ODD_CHARACTER, "?") : undefined;
}

const isTooLong = (id: string | undefined) => id !== undefined && id.length > MAX_ID_CHARS;

const tooLong = (which: string) =>
  new InpaintError("REQUEST_ID_TOO_LONG", `${which} must not exceed ${MAX_ID_CHARS} characters`);

/** An id that is too long is neither sent back nor logged; of client ids that are, only `x-request-id` goes back. */
export function readRequestIds(headers: RequestHeaders): RequestIds {
  const given = idOf(headers, "x-request-id");
  const traceId = idOf(headers, "traceid")?.slice(0, MAX_ID_CHARS);
  const trace = traceId === undefined ? {} : { traceid: traceId };
  if (isTooLong(given)) {
    return { requestId: randomUUID(), headers: trace, problem: tooLong("x-request-id") };
  }
  const requestId = given ?? randomUUID();
  const own = { ...trace, "x-request-id": requestId };
  const older = idOf(headers, "x-ms-request-id");
  const newer = idOf(headers, "x-ms-client-request-id");
  if (isTooLong(older) || isTooLong(newer)) {
    return { requestId, headers: own, problem: tooLong("x-ms-request-id and x-ms-client-request-id") };
  }
  // Each client id stands in for the other; the older one is never absent from an answer.
  const client = newer ?? older;
  return {
    requestId,
    headers: {
      ...own,
      "x-ms-request-id": older ?? client ?? requestId,
      ...(client !== undefined && { "x-ms-client-request-id": client }),
    },
  };
}
