/** @file A span that keeps what it is told, for tests of what is traced. Knows no tracing library. */
import type { SpanAttributes, TraceSpan } from "../../src/observability/tracing.js";

export class RecordingSpan implements TraceSpan {
  readonly traceId = "0af7651916cd43dd8448eb211c80319c";
  readonly name: string;
  readonly children: RecordingSpan[] = [];
  attributes: SpanAttributes;
  failure: string | undefined;
  ended = false;

  constructor(name: string, attributes: SpanAttributes = {}) {
    this.name = name;
    this.attributes = attributes;
  }

  child(name: string, attributes: SpanAttributes = {}): RecordingSpan {
    const child = new RecordingSpan(name, attributes);
    this.children.push(child);
    return child;
  }

  set(attributes: SpanAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  event(): void {}

  fail(type: string): void {
    this.failure = type;
  }

  end(): void {
    this.ended = true;
  }

  /** All spans of this name below this one. */
  named(name: string): readonly RecordingSpan[] {
    return this.children.flatMap((child) => [...(child.name === name ? [child] : []), ...child.named(name)]);
  }
}
