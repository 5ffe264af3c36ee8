/** @file What the tracing library complains of, as few log lines. Knows its words only as text. */
import type { Logger } from "./logger.js";

/** An unreachable collector is found out with every batch of spans: one line each ten minutes says so. */
const AGAIN_AFTER_MS = 600_000;
/** Kinds of warning that are told apart; what comes after them counts as one. */
const MAX_KINDS = 32;
const KIND_CHARS = 40;
const MAX_CHARS = 300;

export interface TraceDiagnosticsOptions {
  readonly logger: Pick<Logger, "warn">;
  /** Not to be repeated, wherever they turn up. */
  readonly secrets: readonly string[];
  readonly nowMs: () => number;
}

export class TraceDiagnostics {
  readonly #options: TraceDiagnosticsOptions;
  readonly #toldMs = new Map<string, number>();

  constructor(options: TraceDiagnosticsOptions) {
    this.#options = options;
  }

  /** Spans that could not be sent, above all: refused, timed out, whatever the reason was each time. */
  readonly error = (message: string, ...details: readonly unknown[]): void =>
    this.#tell("error", message, details);
  /** Variables that make no sense, each in its own words. */
  readonly warn = (message: string, ...details: readonly unknown[]): void =>
    this.#tell(`warning ${message.replaceAll(/\d/g, "").slice(0, KIND_CHARS)}`, message, details);
  readonly info = (): void => {};
  readonly debug = (): void => {};
  readonly verbose = (): void => {};

  #tell(kind: string, message: string, details: readonly unknown[]): void {
    const { logger, secrets, nowMs } = this.#options;
    const text = [
      message,
      ...details.map((detail) => (detail instanceof Error ? detail.message : String(detail))),
    ].join(" ");
    const key = this.#toldMs.has(kind) || this.#toldMs.size < MAX_KINDS ? kind : "";
    const told = this.#toldMs.get(key);
    if (told !== undefined && nowMs() - told < AGAIN_AFTER_MS) return;
    this.#toldMs.set(key, nowMs());
    const reason = secrets.reduce((said, secret) => said.replaceAll(secret, "[redacted]"), text);
    logger.warn(
      { reason: reason.slice(0, MAX_CHARS) },
      "tracing has a problem; requests are served all the same",
    );
  }
}
