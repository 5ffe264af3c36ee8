/**
 * @file Tracing as the process's variables ask for it. Without them nothing of OpenTelemetry is loaded. Knows when;
 * open-telemetry.ts knows how.
 */
import { readVariable } from "../config/environment.js";
import type { Logger } from "./logger.js";
import { type AzureMonitorSettings, traceDestination } from "./trace-destination.js";
import { NO_TRACING, type Tracing } from "./tracing.js";

export interface StartTracingOptions {
  /** The process's own: OpenTelemetry's SDK reads it too, and what keeps the exporters to themselves is set in it. */
  readonly environment: Record<string, string | undefined>;
  readonly settings: AzureMonitorSettings;
  readonly logger: Logger;
}

/** A header's value may be a key; a short one is no secret, and would be cut out of every other word. */
const LEAST_SECRET_CHARS = 8;

/** What no diagnostic may repeat. */
function secretsOf(texts: readonly (string | undefined)[]): readonly string[] {
  return texts
    .flatMap((text = "") => [text, ...text.split(/[,;]/).flatMap((pair) => pair.split("=").slice(1))])
    .map((text) => text.trim())
    .filter((text) => text.length >= LEAST_SECRET_CHARS);
}

/** Rejects when Azure's connection string cannot be used. */
export async function startTracing({ environment, settings, logger }: StartTracingOptions): Promise<Tracing> {
  const destination = traceDestination(environment, settings);
  if (destination.kind === "none") return NO_TRACING;
  if (destination.kind === "otel" && destination.ignoresAzure) {
    logger.warn("traces go where the OTEL_ variables say, so not to Azure Monitor");
  }
  const { startOpenTelemetry } = await import("./open-telemetry.js");
  return startOpenTelemetry({
    environment,
    connectionString: destination.kind === "azure" ? destination.connectionString : undefined,
    secrets: secretsOf([
      settings.appInsightsConnectionString,
      settings.amlAppInsightsKey,
      ...["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"].map((name) =>
        readVariable(environment, name),
      ),
    ]),
    logger,
  });
}
