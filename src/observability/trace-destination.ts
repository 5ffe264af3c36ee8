/** @file Where traces go, if anywhere: decided from the standard variables. Knows no library and sends nothing. */
import { type Environment, readVariable } from "../config/environment.js";
import type { Settings } from "../config/settings.js";

export type TraceDestination =
  | { readonly kind: "none" }
  /** As OTEL_TRACES_EXPORTER and OTEL_EXPORTER_OTLP_… say, which the SDK reads itself. */
  | { readonly kind: "otel"; readonly ignoresAzure: boolean }
  | { readonly kind: "azure"; readonly connectionString: string };

export type AzureMonitorSettings = Pick<
  Settings,
  "appInsightsConnectionString" | "amlAppInsightsEnabled" | "amlAppInsightsKey"
>;

const ENDPOINTS = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] as const;

/** Azure Monitor's own variable, else Azure ML's two. */
function azureConnectionString(settings: AzureMonitorSettings): string | undefined {
  const { appInsightsConnectionString, amlAppInsightsEnabled, amlAppInsightsKey } = settings;
  if (appInsightsConnectionString !== "") return appInsightsConnectionString;
  if (!amlAppInsightsEnabled || amlAppInsightsKey === "") return undefined;
  return `InstrumentationKey=${amlAppInsightsKey}`;
}

/**
 * Nowhere unless a variable asks for it: the SDK by itself would send to localhost. OTEL_SDK_DISABLED and an exporter `none`
 * win over all others, OpenTelemetry's variables over Azure's: a collector can pass on what it gets, the exporter cannot.
 */
export function traceDestination(environment: Environment, settings: AzureMonitorSettings): TraceDestination {
  const exporter = readVariable(environment, "OTEL_TRACES_EXPORTER");
  const disabled = readVariable(environment, "OTEL_SDK_DISABLED")?.toLowerCase() === "true";
  if (disabled || exporter === "none") return { kind: "none" };
  const connectionString = azureConnectionString(settings);
  if (exporter !== undefined || ENDPOINTS.some((name) => readVariable(environment, name) !== undefined)) {
    return { kind: "otel", ignoresAzure: connectionString !== undefined };
  }
  return connectionString === undefined ? { kind: "none" } : { kind: "azure", connectionString };
}
