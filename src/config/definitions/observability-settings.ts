/** @file What the server tells of itself. */
import type { Setting } from "../setting-kinds.js";

/** From the quietest to the most talkative; the names are pino's. */
export const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const OBSERVABILITY_SETTINGS = {
  logLevel: {
    kind: "choice",
    env: "LOG_LEVEL",
    fallback: "info",
    choices: LOG_LEVELS,
    doc: "Least severe log line that is written.",
  },
} as const satisfies Record<string, Setting>;
