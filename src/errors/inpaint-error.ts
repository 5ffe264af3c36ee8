/** @file The one table of error codes. Knows what went wrong; what HTTP calls it is decided in http/error-reply.ts. */

/** Codes are public API: add, never rename. */
export const ERROR_CODES = [
  "EMPTY_BODY",
  "BODY_NOT_UTF8",
  "BODY_NOT_JSON",
  "BODY_NOT_OBJECT",
  "INPUT_DATA_MISSING",
  "INVALID_INPUT",
  "UNSUPPORTED_MEDIA_TYPE",
  "BODY_TOO_LARGE",
  "NOT_FOUND",
  "METHOD_NOT_ALLOWED",
  "UNAUTHORIZED",
  "REQUEST_ID_TOO_LONG",
  "QUEUE_FULL",
  "NOT_READY",
  "SCREENING_UNAVAILABLE",
  "SHUTTING_DOWN",
  "CANCELLED",
  "SCORING_TIMEOUT",
  "WORKER_LOST",
  "JOB_ENDS_WORKERS",
  "INFERENCE_FAILED",
  "OUT_OF_MEMORY",
  "NON_FINITE_OUTPUT",
  "INVALID_SETTING",
  "INVALID_CHECKPOINT",
  "PROVIDER_UNAVAILABLE",
  "PULL_FAILED",
  "INTERNAL",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface InpaintErrorOptions extends ErrorOptions {
  /** Milliseconds after which the same request is expected to be taken. */
  readonly retryAfterMs?: number | undefined;
  /** Where in the request it lies, without a word of the caller's: for the log. */
  readonly places?: readonly string[];
}

/** The only error class that crosses a room's border on purpose. `message` is fit for the caller to read. */
export class InpaintError extends Error {
  override readonly name = "InpaintError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly places: readonly string[];

  constructor(code: ErrorCode, message: string, options: InpaintErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.places = options.places ?? [];
  }
}
