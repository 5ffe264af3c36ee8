/** @file Traces of a real server, as a collector on the loopback interface gets them; and a server whose collector is not there. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { MAX_TICK_SPANS } from "../../src/engine/job-trace.js";
import { type CollectedSpan, startCollector } from "../support/otlp-collector.js";
import { oneRowRequest, startReadyServer } from "../support/server-process.js";
import { smallRequest } from "../support/small-request.js";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const SAMPLED = { traceparent: `00-${TRACE_ID}-${CALLER}-01` };

const named = (spans: readonly CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

function only(spans: readonly CollectedSpan[], name: string): CollectedSpan {
  const [span, ...more] = named(spans, name);
  assert.ok(span !== undefined && more.length === 0, `one span ${name} of ${spans.map((s) => s.name)}`);
  return span;
}

test("one trace, from the caller over http and score to each job's ticks", async (t) => {
  const collector = await startCollector(t);
  const server = await startReadyServer(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  });
  const prompt = "a secret garden behind the bench";
  const sentMs = Date.now();
  const steps = MAX_TICK_SPANS + 20;
  const parameters = {
    num_inference_steps: steps,
    num_images_per_prompt: 2,
    scheduler: "DDIM",
    height: 64,
    width: 64,
  };
  const reply = await server.score(oneRowRequest(parameters, { prompt }), { headers: SAMPLED });
  assert.equal(reply.status, 200, reply.text);
  assert.equal((await server.get("/health/ready")).status, 200);
  assert.equal((await server.score("{bad")).status, 400);
  // unsampled by its caller, so there is nothing of it
  const unsampled = { traceparent: `00-${"1".repeat(32)}-${CALLER}-00` };
  assert.equal((await server.score(smallRequest(1, 1), { headers: unsampled })).status, 200);
  assert.equal((await server.process.stop()).code, 0);

  const { spans } = collector;
  assert.deepEqual([...collector.paths], ["/v1/traces"], "traces alone: neither metrics nor logs");
  assert.ok(!collector.text.includes("secret garden"), "no content in any span");
  const own = spans.filter(({ traceId }) => traceId === TRACE_ID);
  const http = only(own, "POST /score");
  assert.equal(http.parentSpanId, CALLER);
  assert.equal(http.attributes["http.response.status_code"], 200);
  assert.equal(http.attributes["http.route"], "/score");
  assert.equal(http.resource["service.name"], "inpaint-server");
  assert.equal(http.resource["deployment.environment.name"], "test");
  const score = only(own, "score");
  assert.equal(score.parentSpanId, http.spanId);
  assert.equal(score.attributes["inpaint.rows"], 1);
  assert.equal(score.attributes["inpaint.images"], 2);
  const jobs = named(own, "job");
  assert.equal(jobs.length, 2);
  for (const job of jobs) {
    assert.equal(job.parentSpanId, score.spanId);
    assert.equal(job.attributes["inpaint.num_inference_steps"], steps);
    assert.equal(job.attributes["inpaint.scheduler"], "DDIM");
    assert.equal(job.attributes["inpaint.ticks"], steps);
    const below = own.filter(({ parentSpanId }) => parentSpanId === job.spanId);
    only(below, "queue");
    only(below, "vaeDecode");
    const ticks = named(below, "tick");
    // 120 calls, every second one
    assert.deepEqual(
      ticks.map(({ attributes }) => attributes["inpaint.tick.call"]),
      Array.from({ length: steps / 2 }, (_, i) => 2 * i + 1),
    );
    assert.ok(ticks.every(({ attributes }) => attributes["inpaint.tick.calls"] === steps));
    assert.equal(job.attributes["inpaint.ticks_without_span"], steps / 2);
    assert.ok(
      ticks.some(
        ({ attributes }) => attributes["inpaint.run.jobs"] === 2 && attributes["inpaint.run.rows"] === 4,
      ),
    );
    for (const run of below) {
      assert.ok(run.startNs >= job.startNs && run.endNs <= http.endNs, `${run.name} lies within its job`);
      assert.ok(run.endNs >= run.startNs);
    }
  }
  assert.ok(http.startNs >= BigInt(sentMs) * 1_000_000n && http.endNs >= score.endNs);
  // beside the traced request only the bad one has left a trace, of its own
  const others = spans.filter(({ traceId }) => traceId !== TRACE_ID);
  assert.deepEqual(
    others.map(({ name, attributes }) => [name, attributes["http.response.status_code"]]),
    [["POST /score", 400]],
  );
  assert.equal(others[0]?.attributes["inpaint.error_code"], "BODY_NOT_JSON");
  const logged = await server.process.logged(({ msg, status }) => msg === "answered" && status === 200);
  assert.equal(logged.traceId, TRACE_ID);
});

test("a collector that is not there costs one log line", async (t) => {
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const address = closed.address();
  assert.ok(typeof address === "object" && address !== null);
  await new Promise((resolve) => closed.close(resolve));
  const key = "a-very-secret-key";
  const server = await startReadyServer(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${address.port}`,
    OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${key}`,
    OTEL_BSP_SCHEDULE_DELAY: "50",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
  });
  const isComplaint = ({ msg }: { readonly msg: string }) => msg.startsWith("tracing has a problem");
  assert.equal((await server.score(smallRequest(1, 1))).status, 200);
  const { reason } = await server.process.logged(isComplaint);
  assert.match(String(reason), /ECONNREFUSED/);
  assert.equal((await server.score(smallRequest(1, 2))).status, 200);
  assert.deepEqual(await server.process.stop(), { code: 0, signal: null, stderr: "" });
  const { records } = server.process;
  assert.equal(records.filter(isComplaint).length, 1);
  assert.ok(!JSON.stringify(records).includes(key));
});

test("OTEL_LOG_LEVEL brings no lines that are not JSON, and no complaint of a logger", async (t) => {
  const collector = await startCollector(t);
  const server = await startReadyServer(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_LOG_LEVEL: "debug",
  });
  const { code, stderr } = await server.process.stop();
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.ok(!server.process.records.some(({ msg }) => msg.startsWith("tracing has a problem")));
});
