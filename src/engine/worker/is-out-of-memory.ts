/** @file Whether an error means too little memory. Knows our error code and V8's words. */
import { InpaintError } from "../../errors/inpaint-error.js";

/** Of a network's run, or of a typed array's memory. */
export function isOutOfMemory(error: unknown): boolean {
  if (error instanceof InpaintError) return error.code === "OUT_OF_MEMORY";
  return error instanceof RangeError && /allocation failed/i.test(error.message);
}
