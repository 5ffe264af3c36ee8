/** @file A scoring request's bytes to JSON. Knows content types and UTF-8; knows nothing of rows. */
import { isUtf8 } from "node:buffer";
import { InpaintError } from "../errors/inpaint-error.js";

/** `application/json` or any `…/…+json`, whatever parameters follow. */
const JSON_TYPE = /^\s*(?:application\/json|[\w!#$&^.+-]+\/[\w!#$&^.+-]+\+json)\s*(?:;|$)/i;
const BYTE_ORDER_MARK = "\ufeff";
/** The parser's own words quote a piece of the body. */
const MAX_REASON_CHARS = 160;

/** Throws InpaintError UNSUPPORTED_MEDIA_TYPE, in Azure ML's words. */
export function checkContentType(contentType: string | undefined): void {
  if (contentType === undefined || !JSON_TYPE.test(contentType)) {
    throw new InpaintError("UNSUPPORTED_MEDIA_TYPE", "Expects Content-Type to be application/json");
  }
}

function refuse(reason: string, cause?: unknown): never {
  throw new InpaintError("BODY_NOT_JSON", `POST body could not be decoded as JSON: ${reason}`, { cause });
}

/**
 * The JSON value of `body`; a byte order mark before it is skipped. NaN and Infinity are not JSON.
 * Throws InpaintError EMPTY_BODY or BODY_NOT_JSON, in Azure ML's words.
 */
export function parseJsonBody(body: Uint8Array | undefined): unknown {
  if (body === undefined || body.length === 0) {
    throw new InpaintError("EMPTY_BODY", "POST body is empty. Expecting a JSON dictionary.");
  }
  if (!isUtf8(body)) refuse("it is not UTF-8");
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (error) {
    return refuse(error instanceof Error ? error.message.slice(0, MAX_REASON_CHARS) : "", error);
  }
}
