/** @file The replies that are no success, as the API documents tell of them. Knows statuses; knows no route. */
import type { Settings } from "../../config/settings.js";
import { SERVER_FAULT_MESSAGE } from "../answer/error-reply.js";
import { UNAUTHORIZED_MESSAGE } from "../api-keys.js";
import { MAX_PLAIN_BYTES, MAX_STRUCTURE, MAX_WIDE_TEXT_BYTES } from "../body/json-body.js";
import { MIN_LONG_BYTES } from "../body/json-scan.js";
import { refTo } from "./json-schema.js";
import type { Reply } from "./operation.js";

function errorOf(description: string, message: string): Reply {
  return {
    description,
    content: { "application/json": { schema: refTo("ErrorResponse"), example: { message } } },
  };
}

function retryableOf(description: string, message: string): Reply {
  const retryAfter = {
    description: "Seconds after which the same request is expected to be taken.",
    schema: { type: "integer", minimum: 1 },
  };
  return { ...errorOf(description, message), headers: { "Retry-After": retryAfter } };
}

export const NOT_READY = retryableOf(
  "Nothing can be served now: no worker is ready, the server is shutting down, or content cannot be screened.",
  "The model is not ready to serve.",
);

/** Of a path that is served whatever the state of the model. */
export const SHUTTING_DOWN = retryableOf("The server is shutting down.", "The server is shutting down.");

export const HEADERS_TOO_LONG = errorOf(
  "The headers, or the ids in them, are too long.",
  "x-request-id must not exceed 100 characters",
);

const NO_KEY = errorOf("No key where the operator wants one, or a wrong one.", UNAUTHORIZED_MESSAGE);
export const UNAUTHORIZED: Reply = {
  ...NO_KEY,
  headers: { "WWW-Authenticate": { description: "How to bring one.", schema: { type: "string" } } },
};

/** Of every scoring path; what any path may answer is left out. */
export function scoringErrors(settings: Settings): Readonly<Record<string, Reply>> {
  return {
    400: errorOf(
      "The body is not JSON, has no `input_data`, or has bad rows; or a header says nonsense. The message names every bad row and field. " +
        `Nor is it read with more than ${MAX_STRUCTURE} objects, lists and commas, more than ${MAX_PLAIN_BYTES} bytes beside ` +
        `its texts of ${MIN_LONG_BYTES} bytes and more, or a text of more than ${MAX_WIDE_TEXT_BYTES} bytes that is not ASCII.`,
      "A value is not provided for the 'input_data' parameter.",
    ),
    408: errorOf("The request took too long to arrive.", "The request did not arrive in time."),
    413: errorOf(
      "The body is too large.",
      `POST body is too large; at most ${settings.maxBodyBytes} bytes are accepted.`,
    ),
    415: errorOf(
      "The body's type is neither `application/json` nor any `…+json`.",
      "Expects Content-Type to be application/json",
    ),
    429: retryableOf(
      "The queue is full, or would make this request or another one late, or other requests' bodies or images fill the memory.",
      "32 jobs are waiting",
    ),
    500: errorOf(
      "Scoring failed as a whole, or took longer than it may: `Scoring timeout after <n> ms`.",
      SERVER_FAULT_MESSAGE,
    ),
    503: NOT_READY,
  };
}
