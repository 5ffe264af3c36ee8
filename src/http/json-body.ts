/** @file A scoring request's bytes to JSON. Knows content types and UTF-8; knows nothing of rows. */
import { isUtf8 } from "node:buffer";
import { InpaintError } from "../errors/inpaint-error.js";
import { countStructure } from "./json-structure.js";

/** `application/json` or any `…/…+json`, whatever parameters follow. */
const JSON_TYPE = /^\s*(?:application\/json|[\w!#$&^.+-]+\/[\w!#$&^.+-]+\+json)\s*(?:;|$)/i;
/**
 * Parsed, `{},` takes some fifty times the bytes that it has in the body, so the body's size alone is no bound. The
 * longest request that could be meant, 256 rows of two dozen columns, has less than 7000; this leaves rows room for
 * hundreds of columns of the caller's own, and costs some 20 MB at most.
 */
export const MAX_STRUCTURE = 200_000;
const BYTE_ORDER_MARK = "\ufeff";
/** The parser's own words quote a piece of the body. */
const MAX_REASON_CHARS = 160;

/** Throws InpaintError UNSUPPORTED_MEDIA_TYPE, in Azure ML's words. */
export function checkContentType(contentType: string | undefined): void {
  if (contentType === undefined || !JSON_TYPE.test(contentType)) {
    throw new InpaintError("UNSUPPORTED_MEDIA_TYPE", "Expects Content-Type to be application/json");
  }
}

function refuse(code: "BODY_NOT_JSON" | "BODY_NOT_UTF8", reason: string, cause?: unknown): never {
  throw new InpaintError(code, `POST body could not be decoded as JSON: ${reason}`, { cause });
}

/**
 * The JSON value of `body`; a byte order mark before it is skipped. NaN and Infinity are not JSON.
 * Throws InpaintError EMPTY_BODY, BODY_NOT_UTF8 or BODY_NOT_JSON, in Azure ML's words; INVALID_INPUT for more than MAX_STRUCTURE
 * objects, lists and commas.
 */
export function parseJsonBody(body: Uint8Array | undefined): unknown {
  if (body === undefined || body.length === 0) {
    throw new InpaintError("EMPTY_BODY", "POST body is empty. Expecting a JSON dictionary.");
  }
  if (!isUtf8(body)) refuse("BODY_NOT_UTF8", "it is not UTF-8");
  const structure = countStructure(body);
  if (structure > MAX_STRUCTURE) {
    throw new InpaintError(
      "INVALID_INPUT",
      `POST body has ${structure} objects, lists and commas; at most ${MAX_STRUCTURE} are accepted`,
    );
  }
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (error) {
    return refuse(
      "BODY_NOT_JSON",
      error instanceof Error ? error.message.slice(0, MAX_REASON_CHARS) : "",
      error,
    );
  }
}
