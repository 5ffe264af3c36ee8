/** @file Where the server listens, and how long it waits for its clients. Knows no route. */
import type { Setting } from "../setting-kinds.js";

export const SERVER_SETTINGS = {
  host: {
    kind: "text",
    env: "HOST",
    fallback: "0.0.0.0",
    allowed: "an address or host name",
    doc: "Address to listen on. All interfaces by default: inside a container nothing else is reachable from outside.",
  },
  port: {
    kind: "integer",
    env: "PORT",
    unit: "port",
    fallback: 5001,
    min: 0,
    max: 65_535,
    doc: "Port to listen on; Azure ML probes and scores on 5001. 0 takes any free port.",
  },
  responseStallTimeoutMs: {
    kind: "integer",
    env: "RESPONSE_STALL_TIMEOUT_MS",
    unit: "ms",
    fallback: 60_000,
    min: 100,
    max: 3_600_000,
    doc: "How long a client may take nothing of its answer before the connection is closed: an answer that nobody reads stays in memory. Noticed after once to twice that time. A slow client is not cut off while the system's buffer for it empties by about a third, a megabyte, in that time.",
  },
  shutdownGraceMs: {
    kind: "integer",
    env: "SHUTDOWN_GRACE_MS",
    unit: "ms",
    fallback: 30_000,
    min: 0,
    max: 3_600_000,
    doc: "How long work under way may go on after SIGTERM. Keep it below the orchestrator's own grace period.",
  },
} as const satisfies Record<string, Setting>;
