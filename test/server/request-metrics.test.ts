/** @file What requests leave in a real server's metrics, and in the header `Server-Timing`. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { samplesOf } from "../support/prometheus-text.js";
import { cardRequest, oneRowRequest, startReadyServer, unetCallsMade } from "../support/server-process.js";
import { UNSCREENED_STAGES } from "../support/unscreened-stages.js";

/** Names and milliseconds of a `Server-Timing` header. */
function timingsOf(header: string | null): ReadonlyMap<string, number> {
  const parts = (header ?? "").split(", ").map((part) => /^(\w+);dur=(\d+\.\d)$/.exec(part));
  return new Map(parts.map((part) => [part?.[1] ?? "?", Number(part?.[2])]));
}

test("requests are timed, weighed and counted by route, and their stages told", async (t) => {
  const server = await startReadyServer(t);
  const small = { num_inference_steps: 2, height: 64, width: 64 };

  const sentMs = performance.now();
  const good = await server.score(cardRequest({ ...small, details: true }));
  const tookMs = performance.now() - sentMs;
  assert.equal(good.status, 200, good.text);
  const timings = timingsOf(good.headers.get("server-timing"));
  assert.deepEqual([...timings.keys()], [...UNSCREENED_STAGES, "total"]);
  const rows: readonly { timings: Record<string, number> }[] = JSON.parse(good.text);
  assert.equal(rows.length, 2);
  const total = timings.get("total") ?? 0;
  assert.ok(total <= tookMs + 1, `${total} of ${tookMs} ms`);
  for (const stage of UNSCREENED_STAGES) {
    const longest = Math.max(...rows.map((row) => row.timings[stage] ?? Number.NaN));
    assert.ok(Math.abs((timings.get(stage) ?? 0) - longest) < 0.11, `${stage} is the longest of the rows'`);
    assert.ok(longest <= total, stage);
  }

  const bad = await server.score("[1]");
  assert.equal(bad.status, 400);
  assert.equal(bad.headers.get("server-timing"), null);
  for (const path of ["/nope/1", "/%zz"]) assert.equal((await server.get(path)).status, 404);
  const stream = await server.score(oneRowRequest(small), { headers: { accept: "text/event-stream" } });
  assert.match(stream.text, /^event: result$/m);
  assert.equal(stream.headers.get("server-timing"), null, "its head is sent before its stages");

  const leaving = new AbortController();
  const left = server.score(oneRowRequest({ num_inference_steps: 150 }), { signal: leaving.signal });
  await unetCallsMade(server, 12, left);
  leaving.abort();
  await assert.rejects(left);
  await server.process.logged(({ msg, code }) => msg === "the client went away" && code === "CANCELLED");

  const samples = samplesOf((await server.get("/metrics")).text);
  function value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = Object.entries(labels);
    return samples.find((sample) => sample.name === name && wanted.every(([k, v]) => sample.labels[k] === v))
      ?.value;
  }
  const route = "/score";
  assert.equal(value("inpaint_http_request_seconds_count", { route, status_class: "2xx" }), 2);
  assert.equal(value("inpaint_http_request_seconds_count", { route, status_class: "4xx" }), 2);
  assert.equal(value("inpaint_http_requests_total", { route, status: "499" }), 1);
  assert.equal(value("inpaint_http_requests_total", { route: "unknown", status: "404" }), 2);
  assert.equal(value("inpaint_http_request_bytes_count", { route }), 4);
  assert.ok(
    (value("inpaint_http_request_bytes_sum", { route }) ?? 0) > JSON.stringify(cardRequest(small)).length,
  );
  assert.ok(
    (value("inpaint_http_response_bytes_sum", { route }) ?? 0) > good.text.length + stream.text.length,
  );
  assert.equal(value("inpaint_http_requests_in_flight"), 1, "the scrape itself");
  assert.equal(value("inpaint_request_rows_count"), 3);
  assert.equal(value("inpaint_request_rows_sum"), 4);
  assert.equal(value("inpaint_images_total"), 3);
  assert.equal(value("inpaint_errors_total", { code: "BODY_NOT_OBJECT" }), 1);
  assert.equal(value("inpaint_errors_total", { code: "NOT_FOUND" }), 2);
  assert.equal(value("inpaint_errors_total", { code: "CANCELLED" }), 1);
  const runSeconds = samples
    .filter(({ name }) => name === "inpaint_run_seconds_sum")
    .reduce((sum, sample) => sum + sample.value, 0);
  const busySeconds = value("inpaint_worker_busy_seconds_total", { worker: "0" }) ?? 0;
  assert.ok(busySeconds > 0 && Math.abs(busySeconds - runSeconds) < 1e-6);
  const routes = new Set(samples.map(({ labels }) => labels.route).filter((name) => name !== undefined));
  assert.deepEqual([...routes].sort(), ["/metrics", "/score", "unknown"]);
});
