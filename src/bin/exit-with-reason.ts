/** @file How a server ends that cannot serve. Knows no reason. */
import { InpaintError } from "../errors/inpaint-error.js";

/** Exit code 1, and one line on stderr. */
export function exitWithReason(error: unknown): never {
  const reason = error instanceof InpaintError ? error.message : String(error);
  process.stderr.write(`inpaint-server: ${reason.replaceAll("\n", " ")}\n`);
  process.exit(1);
}
