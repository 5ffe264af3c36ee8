/** @file What the server tells of itself. */
import type { Setting } from "../setting-kinds.js";

/** From the quietest to the most talkative; the names are pino's. */
export const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Python's words for them, which Azure ML's variable has. */
const PYTHON_LOG_LEVELS = {
  NOTSET: "trace",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  WARNING: "warn",
  ERROR: "error",
  CRITICAL: "fatal",
  FATAL: "fatal",
} as const satisfies Record<string, LogLevel>;

export const OBSERVABILITY_SETTINGS = {
  logLevel: {
    kind: "choice",
    env: "LOG_LEVEL",
    secondEnv: "AZUREML_LOG_LEVEL",
    fallback: "info",
    choices: LOG_LEVELS,
    aliases: PYTHON_LOG_LEVELS,
    doc: "Least severe log line that is written. `AZUREML_LOG_LEVEL`, Azure ML's name, is read when `LOG_LEVEL` is absent; Python's words (`INFO`, `WARNING`, `CRITICAL` …) are understood in either.",
  },
  appInsightsConnectionString: {
    kind: "text",
    env: "APPLICATIONINSIGHTS_CONNECTION_STRING",
    fallback: "",
    allowed: "a connection string with an `InstrumentationKey`",
    pattern: /(?:^|;)\s*InstrumentationKey\s*=\s*[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\s*(?:;|$)/i,
    secret: true,
    doc: "Azure Monitor resource that traces are sent to, unless an `OTEL_` variable says where. Empty: none.",
  },
  amlAppInsightsEnabled: {
    kind: "switch",
    env: "AML_APP_INSIGHTS_ENABLED",
    fallback: false,
    doc: "Azure ML's switch: traces are sent to the resource of `AML_APP_INSIGHTS_KEY`, where no connection string is given.",
  },
  amlAppInsightsKey: {
    kind: "text",
    env: "AML_APP_INSIGHTS_KEY",
    fallback: "",
    allowed: "a UUID",
    pattern: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
    secret: true,
    doc: "Azure ML's instrumentation key.",
  },
} as const satisfies Record<string, Setting>;
