/**
 * @file What HTTP calls each error code, and what of an error a client may read. Knows no route and no framework.
 */
import { type ErrorCode, InpaintError } from "../errors/inpaint-error.js";

/** A new code does not compile until it has a status. */
const STATUS = {
  EMPTY_BODY: 400,
  BODY_NOT_JSON: 400,
  BODY_NOT_OBJECT: 400,
  INPUT_DATA_MISSING: 400,
  INVALID_INPUT: 400,
  UNSUPPORTED_MEDIA_TYPE: 415,
  BODY_TOO_LARGE: 413,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  QUEUE_FULL: 429,
  NOT_READY: 503,
  SHUTTING_DOWN: 503,
  // The client is gone and reads nothing; the log shows what nginx made customary for that.
  CANCELLED: 499,
  WORKER_LOST: 500,
  JOB_ENDS_WORKERS: 500,
  INFERENCE_FAILED: 500,
  OUT_OF_MEMORY: 500,
  NON_FINITE_OUTPUT: 500,
  INVALID_SETTING: 500,
  INVALID_CHECKPOINT: 500,
  PROVIDER_UNAVAILABLE: 500,
  PULL_FAILED: 500,
  INTERNAL: 500,
} as const satisfies Record<ErrorCode, number>;

/** Azure ML's own sentence for whatever fails inside scoring. */
export const SERVER_FAULT_MESSAGE =
  "An unexpected error occurred in scoring script. Check the logs for more info.";

/** A worker that was lost is back within seconds; a place in the queue is free when a job has ended. */
const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 503: 5, 429: 10 };

export interface ErrorReply {
  readonly status: number;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** A fault of the server says nothing of its cause: paths, stacks and model internals are for the log. */
export function errorReply(error: unknown): ErrorReply {
  const status = error instanceof InpaintError ? STATUS[error.code] : 500;
  const message = error instanceof InpaintError && status !== 500 ? error.message : SERVER_FAULT_MESSAGE;
  const retryAfterSeconds = RETRY_AFTER_SECONDS[status];
  return retryAfterSeconds === undefined ? { status, message } : { status, message, retryAfterSeconds };
}
