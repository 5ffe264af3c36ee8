/** @file What bytes that are no HTTP request are answered with, over a socket: below fastify's routes and hooks. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { createDeferred } from "../../src/async/deferred.js";
import type { ScoreOptions, Scorer } from "../../src/scoring/score.js";
import { build } from "./test-app.js";

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

for (const [what, bytes, status, message] of CASES) {
  test(`${what} is a ${status} in the form of every other error`, async (t) => {
    const { app, log } = build(t);
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { client } = await open(app);
    client.write(bytes, "latin1");
    assertAnswer(await answerOn(client), status, message);
    assert.equal((await log.logged("a request could not be read")).status, status);
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
