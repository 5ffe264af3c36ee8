/** @file The code of anything that was thrown, for metrics, logs and traces. */
import { type ErrorCode, InpaintError } from "./inpaint-error.js";

/** INTERNAL for what is not ours: nobody expected it. */
export function errorCode(error: unknown): ErrorCode {
  return error instanceof InpaintError ? error.code : "INTERNAL";
}
