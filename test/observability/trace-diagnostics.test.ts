/** @file What of the tracing library's complaints reaches the log. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TraceDiagnostics } from "../../src/observability/trace-diagnostics.js";
import { LogCapture } from "../support/log-capture.js";

const COMPLAINT = "tracing has a problem; requests are served all the same";

function listening(secrets: readonly string[] = []) {
  const log = new LogCapture();
  const clock = { ms: 0 };
  const diagnostics = new TraceDiagnostics({ logger: log.logger, secrets, nowMs: () => clock.ms });
  return { diagnostics, clock, reasons: () => log.lines(COMPLAINT).map(({ reason }) => reason) };
}

test("what is not sent is one line in ten minutes, and each kind of warning one more", () => {
  const { diagnostics, clock, reasons } = listening();
  diagnostics.error("connect ECONNREFUSED 127.0.0.1:4318");
  diagnostics.error("request timed out");
  for (const limit of [1, 2]) diagnostics.warn(`unsupported limit ${limit}`);
  diagnostics.info();
  clock.ms = 599_999;
  diagnostics.error("connect ECONNREFUSED 127.0.0.1:4318");
  assert.deepEqual(reasons(), ["connect ECONNREFUSED 127.0.0.1:4318", "unsupported limit 1"]);
  clock.ms = 600_000;
  diagnostics.error("connect ECONNREFUSED 127.0.0.1:4318");
  assert.equal(reasons().length, 3);
});

test("however many kinds there are, the log has few lines", () => {
  const { diagnostics, reasons } = listening();
  for (let i = 0; i < 1000; i++) diagnostics.warn("x".repeat(1 + (i % 39)) + "y".repeat(Math.floor(i / 39)));
  assert.equal(reasons().length, 33);
});

test("a secret is not repeated, wherever it stands", () => {
  const { diagnostics, reasons } = listening(["the-key-1234"]);
  diagnostics.error("header x-api-key=the-key-1234 refused", new Error("the-key-1234 is unknown"));
  assert.deepEqual(reasons(), ["header x-api-key=[redacted] refused [redacted] is unknown"]);
});
