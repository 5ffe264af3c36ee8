/** @file The metrics and the logger as an operator reads them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG_LEVELS } from "../../src/config/settings.js";
import { createLogger } from "../../src/observability/logger.js";
import { createMetrics, watchProcess } from "../../src/observability/metrics.js";

test("every metric has the prefix, and a counter its suffix", async () => {
  const described = await createMetrics().registry.getMetricsAsJSON();
  assert.ok(described.length > 0);
  for (const { name, type } of described) {
    assert.match(name, /^inpaint_[a-z_]+$/);
    assert.equal(name.endsWith("_total"), String(type) === "counter", name);
  }
});

test("what is measured is what is exposed", async () => {
  const metrics = createMetrics();
  metrics.jobs.inc({ outcome: "done" });
  metrics.unetCalls.inc(51);
  metrics.workersReady.set(1);
  metrics.stageSeconds.observe({ stage: "denoise" }, 12.5);
  const text = await metrics.registry.metrics();
  assert.match(text, /^inpaint_jobs_total\{outcome="done"\} 1$/m);
  assert.match(text, /^inpaint_unet_calls_total 51$/m);
  assert.match(text, /^inpaint_workers_ready 1$/m);
  assert.match(text, /^inpaint_stage_seconds_bucket\{le="10",stage="denoise"\} 0$/m);
  assert.match(text, /^inpaint_stage_seconds_bucket\{le="30",stage="denoise"\} 1$/m);
});

test("of its process a server tells how late its event loop is, and its memory", async () => {
  const metrics = createMetrics();
  watchProcess(metrics);
  const text = await metrics.registry.metrics();
  assert.match(text, /^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
  assert.match(text, /^process_resident_memory_bytes \d+$/m);
});

test("two sets of metrics share nothing", async () => {
  const first = createMetrics();
  first.unetCalls.inc();
  assert.match(await createMetrics().registry.metrics(), /^inpaint_unet_calls_total 0$/m);
});

test("the logger knows each level a setting can name", () => {
  for (const level of LOG_LEVELS) assert.equal(createLogger(level).level, level);
});
