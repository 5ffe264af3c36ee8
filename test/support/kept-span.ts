/** @file A span that keeps what it is told, for tests of what is traced. Knows no tracing library. */
import type { SpanAttributes, TraceSpan } from "../../src/observability/tracing.js";

export class KeptSpan implements TraceSpan {
  readonly traceId = "0".repeat(32);
  readonly name: string;
  readonly startMs: number | undefined;
  readonly children: KeptSpan[] = [];
  readonly events: string[] = [];
  attributes: SpanAttributes;
  failure: string | undefined;
  endMs: number | undefined;
  ended = 0;

  constructor(name: string, attributes: SpanAttributes = {}, startMs?: number) {
    this.name = name;
    this.attributes = attributes;
    this.startMs = startMs;
  }
  child(name: string, attributes?: SpanAttributes, startMs?: number): KeptSpan {
    const span = new KeptSpan(name, attributes, startMs);
    this.children.push(span);
    return span;
  }
  set(attributes: SpanAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }
  event(name: string): void {
    this.events.push(name);
  }
  fail(type: string): void {
    this.failure = type;
  }
  end(endMs?: number): void {
    this.ended++;
    this.endMs = endMs;
  }

  /** All spans of that name below this one. */
  named(name: string): readonly KeptSpan[] {
    return this.children.flatMap((child) => [...(child.name === name ? [child] : []), ...child.named(name)]);
  }
}
