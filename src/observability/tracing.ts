/**
 * @file What the server needs of a tracing library, and what it is where there is none. Knows no library: only
 * open-telemetry.ts does, and it is loaded when traces are asked for.
 */

/** Counts, sizes, names and codes: never a prompt, an image or a key. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface TraceSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Times are milliseconds since 1970; absent: now. */
  child(name: string, attributes?: SpanAttributes, startEpochMs?: number): TraceSpan;
  set(attributes: SpanAttributes): void;
  event(name: string, attributes?: SpanAttributes): void;
  /** What it stands for has failed; `type` is a code, never a message. */
  fail(type: string): void;
  end(endEpochMs?: number): void;
}

export interface IncomingRequest {
  readonly method: string;
  /** As the route table has it; undefined for a path that is not there. */
  readonly route: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Tracing {
  /** The span of an HTTP request, within the caller's trace where its headers name one; undefined while tracing is off. */
  serverSpan(request: IncomingRequest): TraceSpan | undefined;
  /** Send what has ended. Never rejects; may take as long as an unreachable collector makes it. */
  shutdown(): Promise<void>;
}

export const NO_TRACING: Tracing = {
  serverSpan: () => undefined,
  shutdown: async () => {},
};
