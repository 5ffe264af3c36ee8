/** @file The status and the words of every error code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ERROR_CODES, type ErrorCode, InpaintError } from "../../../src/errors/inpaint-error.js";
import {
  errorReply,
  INTERNAL_FAULT_MESSAGE,
  SERVER_FAULT_MESSAGE,
} from "../../../src/http/answer/error-reply.js";

const SECRET = "/models/secret.safetensors: exploded at step 3";

/** Codes that mean that scoring itself failed. */
const SCORING: ReadonlySet<string> = new Set([
  "SCORING_TIMEOUT",
  "WORKER_LOST",
  "JOB_ENDS_WORKERS",
  "INFERENCE_FAILED",
  "OUT_OF_MEMORY",
  "NON_FINITE_OUTPUT",
]);

/** What the client's side of each code must be; codes that are not here are faults of the server. */
const TOLD: Readonly<Record<string, number>> = {
  EMPTY_BODY: 400,
  BODY_NOT_UTF8: 400,
  BODY_NOT_JSON: 400,
  BODY_NOT_OBJECT: 400,
  INPUT_DATA_MISSING: 400,
  INVALID_INPUT: 400,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  UNAUTHORIZED: 401,
  REQUEST_ID_TOO_LONG: 431,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  QUEUE_FULL: 429,
  CANCELLED: 499,
  NOT_READY: 503,
  SCREENING_UNAVAILABLE: 503,
  SHUTTING_DOWN: 503,
  SCORING_TIMEOUT: 500,
};

for (const code of ERROR_CODES) {
  const status = TOLD[code];
  test(`${code} is ${status === undefined ? "500, and its cause stays in the log" : `${status}, with its message`}`, () => {
    const reply = errorReply(new InpaintError(code, SECRET, { cause: new Error(SECRET) }));
    assert.equal(reply.status, status ?? 500);
    const fault = SCORING.has(code) ? SERVER_FAULT_MESSAGE : INTERNAL_FAULT_MESSAGE;
    assert.deepEqual(reply.body, { message: status === undefined ? fault : SECRET });
    const seconds = status === 503 ? "5" : status === 429 ? "10" : undefined;
    assert.deepEqual(reply.headers, {
      "x-ms-run-function-failed": SCORING.has(code) ? "True" : "False",
      ...(seconds !== undefined && { "retry-after": seconds }),
      ...(status === 401 && { "www-authenticate": "Bearer" }),
    });
  });
}

test("who knows when to try again is told in whole seconds, at least one", () => {
  const after = (code: ErrorCode, retryAfterMs: number) =>
    errorReply(new InpaintError(code, "", { retryAfterMs })).headers["retry-after"];
  assert.equal(after("QUEUE_FULL", 41_001), "42");
  assert.equal(after("QUEUE_FULL", 0), "1");
  assert.equal(after("NOT_READY", 2000), "2");
  assert.equal(after("INVALID_INPUT", 2000), undefined, "trying again mends nothing");
});

test("whatever else is thrown is a fault of the server", () => {
  for (const thrown of [new Error(SECRET), new TypeError(SECRET), SECRET, undefined, { statusCode: 400 }]) {
    assert.deepEqual(errorReply(thrown), {
      status: 500,
      headers: { "x-ms-run-function-failed": "False" },
      body: { message: INTERNAL_FAULT_MESSAGE },
    });
  }
});

test("the words for a fault are Azure ML's own", () => {
  assert.equal(
    SERVER_FAULT_MESSAGE,
    "An unexpected error occurred in scoring script. Check the logs for more info.",
  );
  assert.equal(
    INTERNAL_FAULT_MESSAGE,
    "An unexpected internal error occurred. Check the logs for more info.",
  );
});
