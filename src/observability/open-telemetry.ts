/**
 * @file Traces by OpenTelemetry: its SDK set up for traces alone, and its spans behind our port. Loaded only when traces
 * are asked for. Knows no span by name but the request's.
 */
import {
  type Context,
  DiagLogLevel,
  diag,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { NodeSDK, type NodeSDKConfiguration, resources } from "@opentelemetry/sdk-node";
import type { Logger } from "./logger.js";
import { TraceDiagnostics } from "./trace-diagnostics.js";
import type { IncomingRequest, SpanAttributes, TraceSpan, Tracing } from "./tracing.js";

export interface OpenTelemetryOptions {
  /** As StartTracingOptions says it. */
  readonly environment: Record<string, string | undefined>;
  /** Of Azure Monitor; undefined: the SDK takes its exporter from the environment. */
  readonly connectionString: string | undefined;
  readonly secrets: readonly string[];
  readonly logger: Logger;
}

const SERVICE_NAME = "inpaint-server";

/**
 * Usage statistics that Azure's exporter sends to Microsoft by itself; no option of its constructor stops them. Read when
 * it is constructed.
 */
const STATISTICS_SWITCHES = [
  "APPLICATION_INSIGHTS_NO_STATSBEAT",
  "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
] as const;

async function azureExporter(
  connectionString: string,
  environment: OpenTelemetryOptions["environment"],
): Promise<NonNullable<NodeSDKConfiguration["traceExporter"]>> {
  for (const name of STATISTICS_SWITCHES) environment[name] = "true";
  const { AzureMonitorTraceExporter } = await import("@azure/monitor-opentelemetry-exporter");
  // What cannot be sent is dropped: a server that may run read-only leaves no telemetry on disk.
  return new AzureMonitorTraceExporter({ connectionString, disableOfflineStorage: true });
}

/** Passes its context on by hand: most spans begin with a worker's message, where no asynchronous context is left. */
class OpenTelemetrySpan implements TraceSpan {
  readonly traceId: string;
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;

  constructor(tracer: Tracer, span: Span, parent: Context) {
    this.#tracer = tracer;
    this.#span = span;
    this.#context = trace.setSpan(parent, span);
    this.traceId = span.spanContext().traceId;
  }

  child(name: string, attributes: SpanAttributes = {}, startEpochMs?: number): TraceSpan {
    if (!this.#span.isRecording()) return this; // not sampled, and so is nothing below it
    const options = { attributes, ...(startEpochMs !== undefined && { startTime: startEpochMs }) };
    return new OpenTelemetrySpan(
      this.#tracer,
      this.#tracer.startSpan(name, options, this.#context),
      this.#context,
    );
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes);
  }

  event(name: string, attributes: SpanAttributes = {}): void {
    this.#span.addEvent(name, attributes);
  }

  fail(type: string): void {
    this.#span.setAttribute("error.type", type).setStatus({ code: SpanStatusCode.ERROR });
  }

  end(endEpochMs?: number): void {
    this.#span.end(endEpochMs);
  }
}

/** Rejects when Azure's exporter does not take the connection string. */
export async function startOpenTelemetry({
  environment,
  connectionString,
  secrets,
  logger,
}: OpenTelemetryOptions): Promise<Tracing> {
  const diagnostics = new TraceDiagnostics({ logger, secrets, nowMs: () => performance.now() });
  diag.setLogger(diagnostics, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  // With it the SDK takes a logger of its own, which writes lines that are not JSON, and complains of ours.
  delete environment.OTEL_LOG_LEVEL;
  const sdk = new NodeSDK({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which the SDK adds to it, win.
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ "service.name": SERVICE_NAME })),
    // Traces alone: without these two the SDK would send metrics and logs too, to localhost if nowhere else is named.
    metricReaders: [],
    logRecordProcessors: [],
    ...(connectionString !== undefined && {
      traceExporter: await azureExporter(connectionString, environment),
    }),
  });
  sdk.start();
  const tracer = trace.getTracer(SERVICE_NAME);
  return {
    serverSpan({ method, route, headers }: IncomingRequest): TraceSpan {
      const parent = propagation.extract(ROOT_CONTEXT, headers);
      const attributes = {
        "http.request.method": method,
        ...(route !== undefined && { "http.route": route }),
      };
      const name = route === undefined ? method : `${method} ${route}`;
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
      return new OpenTelemetrySpan(tracer, span, parent);
    },
    async shutdown() {
      try {
        await sdk.shutdown();
      } catch (error) {
        diagnostics.error("the last spans could not be sent:", error);
      }
    },
  };
}
