/** @file Work within a span of its own. Knows no work. */
import { errorCode } from "../errors/error-code.js";
import type { SpanAttributes, TraceSpan } from "./tracing.js";

/** Fulfilled and rejected as `work`. Without a parent nothing is traced. */
export async function inSpan<T>(
  parent: TraceSpan | undefined,
  name: string,
  attributes: SpanAttributes,
  work: () => Promise<T>,
): Promise<T> {
  const span = parent?.child(name, attributes);
  try {
    return await work();
  } catch (error) {
    span?.fail(errorCode(error));
    throw error;
  } finally {
    span?.end();
  }
}
