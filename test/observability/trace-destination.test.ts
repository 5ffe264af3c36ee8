/** @file Which variables switch traces on, and whereto. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../src/config/settings.js";
import { startTracing } from "../../src/observability/start-tracing.js";
import { traceDestination } from "../../src/observability/trace-destination.js";
import { NO_TRACING } from "../../src/observability/tracing.js";
import { LogCapture } from "../support/log-capture.js";

const destination = (env: Record<string, string>) => traceDestination(env, readSettings(env));
const KEY = "00000000-0000-0000-0000-000000000001";
const CONNECTION = { APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${KEY}` };
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

test("nobody is sent anything unasked", () => {
  for (const env of [
    {},
    { OTEL_SERVICE_NAME: "a", OTEL_TRACES_SAMPLER: "always_on", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: " " },
    { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://127.0.0.1:4318" },
    { ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" },
    { ...CONNECTION, OTEL_SDK_DISABLED: "true" },
    { AML_APP_INSIGHTS_KEY: KEY },
    { AML_APP_INSIGHTS_KEY: KEY, AML_APP_INSIGHTS_ENABLED: "false" },
    { AML_APP_INSIGHTS_ENABLED: "true" },
  ]) {
    assert.deepEqual(destination(env), { kind: "none" }, JSON.stringify(env));
  }
});

test("an endpoint or an exporter's name is enough", () => {
  for (const env of [
    ENDPOINT,
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:4318/v1/traces" },
    { OTEL_TRACES_EXPORTER: "otlp" },
    { ...ENDPOINT, OTEL_SDK_DISABLED: "false" },
  ]) {
    assert.deepEqual(destination(env), { kind: "otel", ignoresAzure: false }, JSON.stringify(env));
  }
  assert.deepEqual(destination({ ...ENDPOINT, ...CONNECTION }), { kind: "otel", ignoresAzure: true });
});

test("Azure Monitor by its connection string, or by Azure ML's key", () => {
  const connectionString = `InstrumentationKey=${KEY}`;
  assert.deepEqual(destination(CONNECTION), { kind: "azure", connectionString });
  const aml = { AML_APP_INSIGHTS_ENABLED: "True", AML_APP_INSIGHTS_KEY: KEY };
  assert.deepEqual(destination(aml), { kind: "azure", connectionString });
});

test("a connection string that has no key is refused, unshown", () => {
  for (const text of ["InstrumentationKey=abc", "IngestionEndpoint=https://secret.example/"]) {
    assert.throws(
      () => readSettings({ APPLICATIONINSIGHTS_CONNECTION_STRING: text }),
      ({ message }: Error) =>
        message.startsWith("APPLICATIONINSIGHTS_CONNECTION_STRING (whose value is not shown) must be"),
    );
  }
});

test("without a variable there is no tracing, and none of its library in memory", async () => {
  const { logger } = new LogCapture();
  assert.equal(await startTracing({ environment: {}, settings: readSettings({}), logger }), NO_TRACING);
  assert.equal(NO_TRACING.serverSpan({ method: "GET", route: "/", headers: {} }), undefined);
  const { createRequire } = await import("node:module");
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.deepEqual(
    loaded.filter((path) => path.includes("@opentelemetry")),
    [],
  );
});
