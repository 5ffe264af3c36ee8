/**
 * @file What HTTP calls each error code, what of an error a client may read, and whether it means that scoring failed.
 * Knows no route and no framework.
 */
import { type ErrorCode, InpaintError } from "../../errors/inpaint-error.js";

/** Azure ML's header: whether its scoring script raised. `False` for whatever was refused or broke before or beside it. */
export const FUNCTION_FAILED_HEADER = "x-ms-run-function-failed";

/** Azure ML's own sentence for whatever fails inside scoring. */
export const SERVER_FAULT_MESSAGE =
  "An unexpected error occurred in scoring script. Check the logs for more info.";
/** And for whatever fails beside it. */
export const INTERNAL_FAULT_MESSAGE = "An unexpected internal error occurred. Check the logs for more info.";

interface CodeReply {
  readonly status: number;
  /** In place of the error's own message, which may tell paths, stacks and model internals: those are for the log. */
  readonly message?: string;
  readonly scoringFailed?: boolean;
}

const told = (status: number): CodeReply => ({ status });
const SCORING_FAULT: CodeReply = { status: 500, message: SERVER_FAULT_MESSAGE, scoringFailed: true };
const INTERNAL_FAULT: CodeReply = { status: 500, message: INTERNAL_FAULT_MESSAGE };

/** A new code does not compile until it has its reply. */
const REPLIES: Readonly<Record<ErrorCode, CodeReply>> = {
  EMPTY_BODY: told(400),
  BODY_NOT_UTF8: told(400),
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
  SCORING_TIMEOUT: { status: 500, scoringFailed: true },
  WORKER_LOST: SCORING_FAULT,
  JOB_ENDS_WORKERS: SCORING_FAULT,
  INFERENCE_FAILED: SCORING_FAULT,
  OUT_OF_MEMORY: SCORING_FAULT,
  NON_FINITE_OUTPUT: SCORING_FAULT,
  INVALID_SETTING: INTERNAL_FAULT,
  INVALID_CHECKPOINT: INTERNAL_FAULT,
  PROVIDER_UNAVAILABLE: INTERNAL_FAULT,
  PULL_FAILED: INTERNAL_FAULT,
  INTERNAL: INTERNAL_FAULT,
};

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
  const { status, message, scoringFailed } = ours === undefined ? INTERNAL_FAULT : REPLIES[ours.code];
  const fallback = RETRY_AFTER_SECONDS[status];
  // Only statuses that invite another try have a fallback, and only they tell when.
  const seconds =
    fallback === undefined || ours?.retryAfterMs === undefined
      ? fallback
      : Math.max(1, Math.ceil(ours.retryAfterMs / 1000));
  const headers: Readonly<Record<string, string>> = {
    [FUNCTION_FAILED_HEADER]: scoringFailed === true ? "True" : "False",
    ...(status === 401 && { "www-authenticate": "Bearer" }),
    ...(seconds !== undefined && { "retry-after": String(seconds) }),
  };
  return { status, headers, body: { message: message ?? ours?.message ?? INTERNAL_FAULT_MESSAGE } };
}
