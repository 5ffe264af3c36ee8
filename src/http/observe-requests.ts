/**
 * @file What every request leaves behind: a log line, metrics, a span, a `Server-Timing` header. Knows no route; what a
 * request is about stands in its record.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Metrics } from "../observability/metrics.js";
import type { RequestRecord } from "../observability/request-record.js";
import type { Tracing } from "../observability/tracing.js";
import { whenReplyOver } from "./connection/reply-over.js";
import type { UnreadableRequests } from "./connection/unreadable-request.js";
import { writtenPath } from "./head/written-path.js";
import { openRecord, recordOf } from "./request-records.js";

export interface ObserveOptions {
  readonly metrics: Pick<
    Metrics,
    | "httpRequests"
    | "httpRequestSeconds"
    | "httpRequestBytes"
    | "httpResponseBytes"
    | "httpRequestsInFlight"
    | "requestRows"
    | "images"
    | "errors"
  >;
  readonly tracing: Tracing;
  readonly unreadable: UnreadableRequests;
}

/** nginx's, for a client that did not wait for its answer. */
const CLIENT_GONE = 499;
/** Of probes and scrapes: they come every few seconds, and are neither logged nor traced. */
const QUIET_LEVEL = "warn";

/** The route of what has none. */
export const UNKNOWN_ROUTE = "unknown";

interface Sizes {
  bytesIn: number;
  readonly writtenBefore: number;
}

/** To be called before any other hook is added: what one of them refuses is observed too. */
export function observeRequests(
  app: FastifyInstance,
  { metrics, tracing, unreadable }: ObserveOptions,
): void {
  const sizes = new WeakMap<RequestRecord, Sizes>();

  function measure(route: string, status: number, record: RequestRecord, bytes: { in: number; out: number }) {
    metrics.httpRequests.inc({ route, status: String(status) });
    metrics.httpRequestSeconds.observe(
      { route, status_class: `${Math.floor(status / 100)}xx` },
      record.elapsedMs / 1000,
    );
    if (bytes.in > 0) metrics.httpRequestBytes.observe({ route }, bytes.in);
    metrics.httpResponseBytes.observe({ route }, bytes.out);
    if (record.rowCount > 0) metrics.requestRows.observe(record.rowCount);
    if (record.imagesMade > 0) metrics.images.inc(record.imagesMade);
    for (const code of record.errors) metrics.errors.inc({ code });
  }

  function end(request: FastifyRequest, status: number, message: string): void {
    const record = recordOf(request);
    if (!record.close()) return;
    const seen = sizes.get(record);
    if (seen !== undefined) metrics.httpRequestsInFlight.dec();
    const { method } = request;
    const route = writtenPath(request.routeOptions.url ?? UNKNOWN_ROUTE);
    const bytesOut = Math.max(0, bytesWritten(request) - (seen?.writtenBefore ?? 0));
    const bytesIn = seen?.bytesIn ?? 0;
    measure(route, status, record, { in: bytesIn, out: bytesOut });
    const ms = Math.round(record.elapsedMs);
    request.log.info({ method, route, status, ms, bytesIn, bytesOut, ...record.fields }, message);
    const { span } = record;
    if (span === undefined) return;
    span.set({
      "http.response.status_code": status,
      "http.request.body.size": bytesIn,
      "http.response.size": bytesOut,
    });
    const [code] = record.errors;
    if (status >= 500) span.fail(code ?? String(status));
    else if (code !== undefined) span.set({ "inpaint.error_code": code });
    span.end();
  }

  app.addHook("onRequest", async (request, reply) => {
    const { routeOptions, method, headers } = request;
    const isQuiet = routeOptions.logLevel === QUIET_LEVEL;
    const route = routeOptions.url && writtenPath(routeOptions.url);
    const span = isQuiet ? undefined : tracing.serverSpan({ method, route, headers });
    if (span !== undefined) request.log = request.log.child({ traceId: span.traceId });
    const record = openRecord(request, span);
    const seen: Sizes = { bytesIn: 0, writtenBefore: bytesWritten(request) };
    sizes.set(record, seen);
    countBody(request, seen);
    metrics.httpRequestsInFlight.inc();
    whenReplyOver(request, reply, (written) => {
      if (written) return; // onResponse comes
      const refusedWith = unreadable.take(request.raw.socket);
      if (refusedWith !== undefined) {
        end(request, refusedWith, "answered while it arrived");
        return;
      }
      if (record.errors.length === 0) record.fail(new InpaintError("CANCELLED", "the client went away"));
      end(request, CLIENT_GONE, "the client went away");
    });
  });

  // A stream's head is sent before its stages are known.
  app.addHook("onSend", async (request, reply) => {
    const record = recordOf(request);
    if (record.isScored) reply.header("server-timing", record.serverTiming());
  });

  app.addHook("onResponse", async (request, reply) => {
    end(request, reply.statusCode, "answered");
  });
}

/** Beside whoever reads the body, from when he begins: a listener of our own would begin before he listens. */
function countBody({ raw }: FastifyRequest, seen: Sizes): void {
  raw.once("resume", () => {
    raw.on("data", (chunk: Uint8Array) => {
      seen.bytesIn += chunk.length;
    });
  });
}

/** By the request's connection; absent where there is none, as in a simulated request. */
function bytesWritten({ raw: { socket } }: FastifyRequest): number {
  return socket.bytesWritten ?? 0;
}
