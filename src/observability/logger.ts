/** @file How the process logs: JSON lines with ISO times. Knows no event of its own. */
import { type Logger, pino } from "pino";
import type { LogLevel } from "../config/settings.js";

/**
 * A logger that writes to stdout, one JSON object a line; errors under the key `err` keep their stack and cause.
 * Lines are written synchronously, so the last words of a dying process are not lost.
 */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, timestamp: pino.stdTimeFunctions.isoTime });
}

export type { Logger } from "pino";
