/** @file A connection to a test's hub: impatient, so that a test of what does not pass is short. */
import type { HubConnection } from "../../src/checkpoint/pull/hub-connection.js";

export function connectionTo(
  { url }: { readonly url: string },
  changes: Partial<HubConnection> = {},
): HubConnection {
  return {
    endpoint: url,
    token: undefined,
    signal: new AbortController().signal,
    retry: { maxFailures: 4, firstMs: 1, maxMs: 5 },
    idleTimeoutMs: 10_000,
    ...changes,
  };
}
