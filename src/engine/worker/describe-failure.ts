/** @file What is told of an error outside the process that met it. Knows the error codes. */
import { type ErrorCode, InpaintError } from "../../errors/inpaint-error.js";
import { isOutOfMemory } from "./is-out-of-memory.js";

/** An InpaintError keeps its code and its words; anything else gets `code`, and its stack goes to the log. */
export function describeFailure(
  error: unknown,
  code: ErrorCode,
  what: string,
): { readonly code: ErrorCode; readonly message: string } {
  if (error instanceof InpaintError) return { code: error.code, message: error.message };
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return {
    code: isOutOfMemory(error) ? "OUT_OF_MEMORY" : code,
    message: `${what}: ${error instanceof Error ? error.message : String(error)}`,
  };
}
