/** @file What bytes that are no HTTP request are answered with, over a socket: below fastify's routes and hooks. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { createDeferred } from "../../../src/async/deferred.js";
import type { Metrics } from "../../../src/observability/metrics.js";
import type { ScoreOptions, Scorer } from "../../../src/scoring/score.js";
import { build } from "../test-app.js";

/** A socket to the server, and the server's own end of it. */
async function open(app: FastifyInstance): Promise<{ client: Socket; server: Socket }> {
  const address = new URL(app.listeningOrigin);
  const accepted = createDeferred<Socket>();
  app.server.once("connection", accepted.resolve);
  const client = connect(Number(address.port), address.hostname);
  return { client, server: await accepted.promise };
}

/** Everything that comes until the server closes the connection. */
async function answerOn(client: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function assertAnswer(answer: string, status: number, message: string): void {
  const [head = "", body = "", ...more] = answer.split("\r\n\r\n");
  assert.deepEqual(more, []);
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`), answer);
  assert.match(head, /^content-type: application\/json$/im);
  assert.match(head, /^connection: close$/im);
  assert.match(head, /^x-ms-run-function-failed: False$/im);
  assert.match(head, new RegExp(`^content-length: ${body.length}$`, "im"));
  assert.deepEqual(JSON.parse(body), { message });
}

const POST = "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const CASES = [
  ["a request line of garbage", "\x16\x03\x01 hello\r\n\r\n", 400, "The request is not valid HTTP."],
  ["a header without a colon", "GET / HTTP/1.1\r\nHost x\r\n\r\n", 400, "The request is not valid HTTP."],
  [
    "a body with both a length and chunks",
    `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    400,
    "The request is not valid HTTP.",
  ],
  [
    "a chunk whose size is no number",
    `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    400,
    "The request is not valid HTTP.",
  ],
  [
    "headers without end",
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    431,
    "The request's headers are too long.",
  ],
  [
    "chunk extensions without end",
    `${POST}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}\r\na\r\n0\r\n\r\n`,
    413,
    "The request's chunk extensions are too long.",
  ],
] as const;

const requestsOf = async (metrics: Metrics) =>
  (await metrics.httpRequests.get()).values.map(({ labels, value }) => [labels.route, labels.status, value]);

for (const [what, bytes, status, message] of CASES) {
  test(`${what} is a ${status} in the form of every other error`, async (t) => {
    const { app, log, metrics } = build(t);
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { client } = await open(app);
    client.write(bytes, "latin1");
    assertAnswer(await answerOn(client), status, message);
    assert.equal((await log.logged("a request could not be read")).status, status);
    const isBegun = bytes.startsWith("POST") && !bytes.includes("Content-Length");
    if (isBegun) await log.logged("answered while it arrived");
    const route = isBegun ? "/score" : "unknown";
    assert.deepEqual(await requestsOf(metrics), [[route, String(status), 1]]);
    assert.equal(log.lines("the client went away").length, 0);
    assert.equal((await app.inject("/health/live")).statusCode, 200);
  });
}

test("a request that does not arrive in time is a 408", async (t) => {
  const { app } = build(t);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { client, server } = await open(app);
  client.write(POST);
  // Node's own timer would take two minutes to say this.
  app.server.emit(
    "clientError",
    Object.assign(new Error("Request timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }),
    server,
  );
  assertAnswer(await answerOn(client), 408, "The request did not arrive in time.");
});

test("what is answered while its body arrives is recorded with what it was answered with", async (t) => {
  const { app, log, metrics } = build(t, { env: { REQUEST_ARRIVAL_TIMEOUT_MS: "2000" } });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { client } = await open(app);
  client.write(`${POST}Content-Length: 100\r\n\r\n{"input_data`);
  assertAnswer(await answerOn(client), 408, "The request did not arrive in time.");
  const line = await log.logged("answered while it arrived");
  assert.deepEqual([line.route, line.status, line.bytesIn, line.code], ["/score", 408, 12, undefined]);
  assert.deepEqual(await requestsOf(metrics), [["/score", "408", 1]]);
  assert.deepEqual((await metrics.errors.get()).values, []);
  assert.equal(log.all.filter(({ level }) => Number(level) > 30).length, 0);
  // Who leaves by himself has left.
  const { client: leaving } = await open(app);
  leaving.write(`${POST}Content-Length: 100\r\n\r\n{`);
  while ((await metrics.httpRequestsInFlight.get()).values[0]?.value !== 1) await setImmediate();
  leaving.destroy();
  const left = await log.logged("the client went away");
  assert.deepEqual([left.status, left.code], [499, "CANCELLED"]);
});

test("a request that names no host is answered like any other", async (t) => {
  const { app, log } = build(t);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { client } = await open(app);
  client.write("GET /info HTTP/1.1\r\nConnection: close\r\n\r\n");
  assertAnswer(await answerOn(client), 503, "The model is not ready to serve.");
  await log.logged("answered");
});

test("after a path that cannot be decoded the connection is as after any other that is unknown", async (t) => {
  const { app, log } = build(t, { env: { API_KEYS: "a-key-of-thirty-two-characters-x" } });
  await app.listen({ host: "127.0.0.1", port: 0 });
  for (const path of ["/nope", "/%zz", "/score%?x=%zz"]) {
    for (const [body, error] of [
      ["Content-Length: 50\r\n\r\nab", "ERR_HTTP_REQUEST_TIMEOUT"],
      ["Transfer-Encoding: chunked\r\n\r\nZZ\r\n", undefined],
    ] as const) {
      const { client, server } = await open(app);
      client.on("error", () => {}); // it is cut off
      client.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${body}`);
      let received = "";
      client.on("data", (chunk) => {
        received += chunk;
      });
      const closed = new Promise((resolve) => client.once("close", resolve));
      while (error !== undefined && !received.includes("}")) await setImmediate();
      if (error !== undefined) {
        app.server.emit("clientError", Object.assign(new Error("timeout"), { code: error }), server);
      }
      await closed;
      assert.ok((received.match(/HTTP\/1\.1/g) ?? []).length <= 1, received);
      if (error !== undefined) assert.match(received, /^HTTP\/1\.1 401 /);
    }
  }
  assert.ok(!JSON.stringify(log.all).includes("zz"));
});

test("a reply that is already written is not touched by the garbage that follows it", async (t) => {
  const { app } = build(t);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { client } = await open(app);
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const first = await new Promise<Buffer>((resolve) => client.once("data", resolve));
  client.write("garbage\r\n\r\n");
  assert.match(first.toString(), /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nHealthy$/);
  assertAnswer(await answerOn(client), 400, "The request is not valid HTTP.");
});

test("what cannot be read while another request is answered ends that answer, and is not told inside of it", async (t) => {
  const begun = createDeferred<ScoreOptions>();
  const aborted = createDeferred<void>();
  const scorer: Scorer = {
    score(_body, options) {
      options.signal.addEventListener("abort", () => aborted.resolve());
      options.observer?.onBegun();
      begun.resolve(options);
      return new Promise(() => {});
    },
  };
  const { app } = build(t, { scorer });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { client } = await open(app);
  client.on("error", () => {}); // it is cut off
  let received = "";
  client.on("data", (chunk) => {
    received += chunk;
  });
  const closed = new Promise((resolve) => client.once("close", resolve));
  client.write(`${POST}Accept: text/event-stream\r\nContent-Length: 2\r\n\r\n{}`);
  await begun.promise;
  while (!received.includes("\r\n\r\n")) await setImmediate();
  client.write("garbage\r\n\r\n");
  await Promise.all([aborted.promise, closed]);
  assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1, received);
});
