/**
 * @file The HTTP contract around scoring: probes, paths, methods, replies, faults, a client that goes away.
 * The engine behind HTTP is tested in test/server.
 */
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createDeferred } from "../../src/async/deferred.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { SERVER_FAULT_MESSAGE } from "../../src/http/answer/error-reply.js";
import type { Scorer } from "../../src/scoring/score.js";
import { assertRefused, build, JSON_TYPE, post, send } from "./test-app.js";

test("GET / answers as Azure ML's own server", async (t) => {
  const { app } = build(t, { isReady: () => false });
  const reply = await app.inject("/");
  assert.equal(reply.statusCode, 200);
  assert.equal(reply.body, "Healthy");
  assert.equal(reply.headers["content-type"], "text/html; charset=utf-8");
  const head = await app.inject({ method: "HEAD", url: "/" });
  assert.deepEqual([head.statusCode, head.body], [200, ""]);
});

test("liveness is always green, readiness only while a job could be served", async (t) => {
  let ready = false;
  const { app } = build(t, { isReady: () => ready });
  assert.equal((await app.inject("/health/live")).statusCode, 200);
  const refused = await app.inject("/health/ready");
  assertRefused(refused, 503, "The model is not ready to serve.");
  assert.equal(refused.headers["retry-after"], "5");
  ready = true;
  assert.equal((await app.inject("/health/ready")).statusCode, 200);
});

test("an unknown path is a 404 in Azure ML's words", async (t) => {
  const { app } = build(t);
  for (const url of ["/nope", "/score/", "/%zz", "/score%", "/%ff?x=%zz", "/%25", "/health/", "/__proto__"]) {
    assertRefused(
      await app.inject({ method: url === "/nope" ? "POST" : "GET", url, payload: "x" }),
      404,
      "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
    );
  }
});

test("another method on a known path is a 405 that lists the methods", async (t) => {
  const { app } = build(t);
  const message = "The method is not allowed for the requested URL.";
  for (const method of ["GET", "PUT", "DELETE", "PATCH"] as const) {
    const reply = await app.inject({ method, url: "/score?x=1" });
    assertRefused(reply, 405, message);
    assert.equal(reply.headers.allow, "POST");
  }
  const onRoot = await app.inject({ method: "POST", url: "/", payload: "{}", headers: JSON_TYPE });
  assertRefused(onRoot, 405, message);
  assert.equal(onRoot.headers.allow, "GET, HEAD");
  assert.equal((await app.inject({ method: "HEAD", url: "/score" })).statusCode, 405);
});

test("GET /metrics shows what was answered", async (t) => {
  const { app } = build(t);
  await post(app, "{bad");
  for (const url of ["/nope/1", "/%zz", "/score%"]) await app.inject(url);
  const reply = await app.inject("/metrics");
  assert.match(String(reply.headers["content-type"]), /^text\/plain/);
  assert.match(reply.body, /^inpaint_http_requests_total\{route="\/score",status="400"\} 1$/m);
  assert.match(reply.body, /^inpaint_http_requests_total\{route="unknown",status="404"\} 3$/m);
});

test("what a scorer gives is sent as it is, the seeds in a header", async (t) => {
  const rows = [{ prompt: "é\ud800", generated_image: "QUJD", nsfw_content_detected: null }];
  const scorer: Scorer = {
    score: async () => ({
      rows,
      seeds: [7, 4294967295],
      warnings: ['data[0]: cut: "a secret prompt"'],
      failures: [],
      blocked: false,
    }),
  };
  const { app, log } = build(t, { scorer });
  const reply = await post(app, "{}");
  assert.equal(reply.statusCode, 200);
  assert.equal(reply.headers["content-type"], "application/json");
  assert.equal(reply.headers["x-inpaint-seeds"], "7,4294967295");
  assert.deepEqual(reply.json(), rows);
  const line = await log.logged("scored with warnings");
  assert.equal(line.warnings, 1);
  assert.doesNotMatch(JSON.stringify(line), /secret/, "the caller's words stay out of the log");
});

test("a fault of the server is a 500 without its cause, which is in the log", async (t) => {
  const cause = new Error("/secret/path broke");
  const scorer: Scorer = {
    score: async () => {
      throw new InpaintError("WORKER_LOST", "the worker at /secret/path died", { cause });
    },
  };
  const { app, log } = build(t, { scorer });
  const reply = await post(app, "{}");
  assertRefused(reply, 500, SERVER_FAULT_MESSAGE);
  assert.ok(!reply.body.includes("secret"));
  assert.match(JSON.stringify(await log.logged("request failed")), /\/secret\/path broke/);
});

test("a refusal of the queue is a 429 with its reason and when to try again", async (t) => {
  const scorer: Scorer = {
    score: async () => {
      throw new InpaintError("QUEUE_FULL", "32 jobs are waiting");
    },
  };
  const reply = await post(build(t, { scorer }).app, "{}");
  assertRefused(reply, 429, "32 jobs are waiting");
  assert.equal(reply.headers["retry-after"], "10");
});

test("the scorer's signal aborts when the client closes the connection before the reply", async (t) => {
  const aborted = createDeferred<void>();
  const begun = createDeferred<void>();
  const scorer: Scorer = {
    score: (_body, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.resolve();
          reject(new InpaintError("CANCELLED", "the client went away"));
        });
        begun.resolve();
      }),
  };
  const { app } = build(t, { scorer });
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  const request = httpRequest(new URL("/score", address), { method: "POST", headers: JSON_TYPE });
  request.on("error", () => {}); // the reset is ours
  request.end("{}");
  await begun.promise;
  request.destroy();
  await aborted.promise;
});

test("requests that wait behind another one on a connection are aborted with it", async (t) => {
  const signals: AbortSignal[] = [];
  const begun = createDeferred<void>();
  const aborted = createDeferred<void>();
  const pipelined = 12;
  const scorer: Scorer = {
    score: (_body, { signal }) =>
      new Promise((_resolve, reject) => {
        if (signals.push(signal) === pipelined) begun.resolve();
        signal.addEventListener("abort", () => {
          reject(new InpaintError("CANCELLED", "the client went away"));
          if (signals.every((other) => other.aborted)) aborted.resolve();
        });
      }),
  };
  const { app } = build(t, { scorer });
  const address = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const client = connect(Number(address.port), address.hostname);
  const head =
    "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n";
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => warnings.push(name);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  client.write(`${head}{}`.repeat(pipelined));
  await begun.promise;
  client.destroy();
  await aborted.promise;
  assert.deepEqual(warnings, [], "of listeners that pile up");
});

test("the signal of a request that was answered never aborts", async (t) => {
  const signals: AbortSignal[] = [];
  const scorer: Scorer = {
    score: async (_body, { signal }) => {
      signals.push(signal);
      return { rows: [], seeds: [], warnings: [], failures: [], blocked: false };
    },
  };
  const { app } = build(t, { scorer });
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  assert.equal((await send(new URL("/score", address), JSON_TYPE, Buffer.from("{}"))).status, 200);
  await app.close(); // waits until the connection is over
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false],
  );
});

test("a request that is completed while the server shuts down is a 503", async (t) => {
  const { app } = build(t);
  const address = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const accepted = createDeferred<Socket>();
  app.server.once("connection", accepted.resolve);
  const client = connect(Number(address.port), address.hostname);
  const begun = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  client.write(begun);
  const server = await accepted.promise;
  while (server.bytesRead < begun.length) await setImmediate();

  const closed = app.close();
  client.write("\r\n");
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk);
  const reply = Buffer.concat(chunks).toString();
  assert.match(reply, /^HTTP\/1\.1 503 /);
  assert.match(reply, /^retry-after: 5\r$/im);
  assert.match(reply, /\r\n\r\n\{"message":"The server is shutting down\."\}$/);
  await closed;
});
