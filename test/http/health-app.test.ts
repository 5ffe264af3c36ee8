/** @file The probes on a port of their own: they are there without a key, and nothing else is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../src/config/settings.js";
import { buildHealthApp } from "../../src/http/app.js";
import { createMetrics } from "../../src/observability/metrics.js";
import { LogCapture } from "../support/log-capture.js";
import { assertRefused } from "./test-app.js";

test("the health port answers the probes, without a key, and nothing else", async (t) => {
  let ready = false;
  const app = buildHealthApp({
    isReady: () => ready,
    metrics: createMetrics(),
    logger: new LogCapture().logger,
    settings: readSettings({ API_KEYS: "0123456789abcdef", OPEN_ROUTES: "none" }),
  });
  t.after(() => app.close());
  assert.equal((await app.inject("/")).body, "Healthy");
  assert.equal((await app.inject("/health/live")).statusCode, 200);
  assertRefused(await app.inject("/health/ready"), 503, "The model is not ready to serve.");
  ready = true;
  assert.equal((await app.inject("/health/ready")).statusCode, 200);
  for (const url of ["/score", "/metrics", "/info", "/nope", "/%zz"]) {
    assert.equal((await app.inject({ url, method: url === "/score" ? "POST" : "GET" })).statusCode, 404, url);
  }
});
