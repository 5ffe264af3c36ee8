/** @file A scoring request's bytes to JSON. Knows content types and UTF-8; knows nothing of rows. */
import { isUtf8 } from "node:buffer";
import { inSlices } from "../../async/in-slices.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { type JsonScan, type LongText, MIN_LONG_BYTES, scanJson } from "./json-scan.js";
import { LiftedTexts } from "./long-texts.js";

/** `application/json` or any `…/…+json`, whatever parameters follow. */
const JSON_TYPE = /^\s*(?:application\/json|[\w!#$&^.+-]+\/[\w!#$&^.+-]+\+json)\s*(?:;|$)/i;
/**
 * Parsed, `{},` takes some fifty times the bytes that it has in the body, and a key half a microsecond: the body's size
 * alone is no bound. The longest request that could be meant, 256 rows of two dozen columns, has less than 7000; this
 * leaves rows room for columns of the caller's own, and takes 10 ms at worst.
 */
export const MAX_STRUCTURE = 20_000;
/** What is parsed in one go: room for 256 rows with 8 kB of keys and short texts, and 8 ms at worst. */
export const MAX_PLAIN_BYTES = 2 ** 21;
/**
 * Of one text that is not ASCII, as every image is: the longest prompt that any setting allows, every
 * character of it two escapes. Such a text is joined in one go, in 6 ms at worst.
 */
export const MAX_WIDE_TEXT_BYTES = 12_000_000;
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

/** V8 tells where a fault is; from its version 11.4 on by line and column too. */
const POSITION = / at position (\d+)(?: \(line \d+ column \d+\))?/;

/**
 * The JSON value of `body`; a byte order mark before it is skipped. NaN and Infinity are not JSON. Long texts take a way
 * of their own, so that nothing keeps the event loop for more than a few milliseconds, however large the body.
 * Rejects with InpaintError EMPTY_BODY, BODY_NOT_UTF8 or BODY_NOT_JSON, in Azure ML's words; INVALID_INPUT for more than
 * MAX_STRUCTURE objects, lists and commas, more than MAX_PLAIN_BYTES beside long texts, or a text beyond ASCII of more
 * than MAX_WIDE_TEXT_BYTES; CANCELLED once `signal` aborts.
 */
export async function readJsonBody(body: Uint8Array | undefined, signal: AbortSignal): Promise<unknown> {
  if (body === undefined || body.length === 0) {
    throw new InpaintError("EMPTY_BODY", "POST body is empty. Expecting a JSON dictionary.");
  }
  const expectClient = () => {
    if (signal.aborted) throw new InpaintError("CANCELLED", "the client went away");
  };
  const { structure, longTexts, end } = await inSlices(scanJson(body), expectClient);
  // After the first turns, for the body was put together in this one.
  if (!isUtf8(body)) refuse("BODY_NOT_UTF8", "it is not UTF-8");
  checkLimits({ structure, longTexts, end });
  const json = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const lifted = await inSlices(LiftedTexts.lift(json, longTexts, end), expectClient);
  return inSlices(lifted.putBack(parse(lifted)), expectClient);
}

function checkLimits({ structure, longTexts, end }: JsonScan): void {
  const refuseSize = (message: string): never => {
    throw new InpaintError("INVALID_INPUT", `POST body has ${message} are accepted`);
  };
  if (structure > MAX_STRUCTURE) {
    refuseSize(`${structure} objects, lists and commas; at most ${MAX_STRUCTURE}`);
  }
  const bytesOf = (text: LongText) => text.end - text.start;
  const plainBytes = longTexts.reduce((bytes, text) => bytes - bytesOf(text), end);
  if (plainBytes > MAX_PLAIN_BYTES) {
    refuseSize(
      `${plainBytes} bytes beside its texts of ${MIN_LONG_BYTES} bytes and more; at most ${MAX_PLAIN_BYTES}`,
    );
  }
  const wide = longTexts.find((text) => text.latinChars === undefined && bytesOf(text) > MAX_WIDE_TEXT_BYTES);
  if (wide !== undefined) {
    refuseSize(`a text of ${bytesOf(wide)} bytes that is not ASCII; at most ${MAX_WIDE_TEXT_BYTES}`);
  }
}

function parse(lifted: LiftedTexts): unknown {
  const { skeleton } = lifted;
  const marks = skeleton.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  try {
    return JSON.parse(skeleton.slice(marks));
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const whole = message.replace(
      POSITION,
      (_, position) => ` at position ${lifted.positionOf(Number(position) + marks) - marks}`,
    );
    return refuse("BODY_NOT_JSON", whole.slice(0, MAX_REASON_CHARS), error);
  }
}
