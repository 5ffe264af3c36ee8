/**
 * @file What HTTP calls each error code, and what of an error a client may read. Knows no route and no framework.
 */
import { type ErrorCode, InpaintError } from "../errors/inpaint-error.js";

interface CodeReply {
  readonly status: number;
  /** Whether the client reads the error's own message. */
  readonly told: boolean;
}

const told = (status: number): CodeReply => ({ status, told: true });
/** Paths, stacks and model internals are for the log. */
const FAULT: CodeReply = { status: 500, told: false };

/** A new code does not compile until it has its reply. */
const REPLIES: Readonly<Record<ErrorCode, CodeReply>> = {
  EMPTY_BODY: told(400),
  BODY_NOT_JSON: told(400),
  BODY_NOT_OBJECT: told(400),
  INPUT_DATA_MISSING: told(400),
  INVALID_INPUT: told(400),
  UNSUPPORTED_MEDIA_TYPE: told(415),
  BODY_TOO_LARGE: told(413),
  NOT_FOUND: told(404),
  METHOD_NOT_ALLOWED: told(405),
  UNAUTHORIZED: told(401),
  REQUEST_ID_TOO_LONG: told(431),
  QUEUE_FULL: told(429),
  NOT_READY: told(503),
  // Fails closed: nothing that could not be screened is made or returned.
  SCREENING_UNAVAILABLE: told(503),
  SHUTTING_DOWN: told(503),
  // The client is gone and reads nothing; the log shows what nginx made customary for that.
  CANCELLED: told(499),
  // Azure ML's status for it, and its words.
  SCORING_TIMEOUT: told(500),
  WORKER_LOST: FAULT,
  JOB_ENDS_WORKERS: FAULT,
  INFERENCE_FAILED: FAULT,
  OUT_OF_MEMORY: FAULT,
  NON_FINITE_OUTPUT: FAULT,
  INVALID_SETTING: FAULT,
  INVALID_CHECKPOINT: FAULT,
  PROVIDER_UNAVAILABLE: FAULT,
  PULL_FAILED: FAULT,
  INTERNAL: FAULT,
};

/** Azure ML's own sentence for whatever fails inside scoring. */
export const SERVER_FAULT_MESSAGE =
  "An unexpected error occurred in scoring script. Check the logs for more info.";

/** Where the error does not say: a worker that was lost is back within seconds, a job ends somewhat later. */
const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 503: 5, 429: 10 };

export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly message: string };
}

/** A fault of the server says nothing of its cause. */
export function errorReply(error: unknown): ErrorReply {
  const ours = error instanceof InpaintError ? error : undefined;
  const { status, told } = ours === undefined ? FAULT : REPLIES[ours.code];
  const message = told && ours !== undefined ? ours.message : SERVER_FAULT_MESSAGE;
  const fallback = RETRY_AFTER_SECONDS[status];
  // Only statuses that invite another try have a fallback, and only they tell when.
  const seconds =
    fallback === undefined || ours?.retryAfterMs === undefined
      ? fallback
      : Math.max(1, Math.ceil(ours.retryAfterMs / 1000));
  const headers: Readonly<Record<string, string>> =
    seconds === undefined ? {} : { "retry-after": String(seconds) };
  return { status, headers, body: { message } };
}
