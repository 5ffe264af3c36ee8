/**
 * @file Bodies over real connections: too large, too many at a time, too slow, cut off; that the answer gets through and
 * nothing stays in memory.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createDeferred } from "../../src/async/deferred.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import type { Metrics } from "../../src/observability/metrics.js";
import type { Scored, ScoreOptions, Scorer } from "../../src/scoring/score.js";
import { connections, type RawConnection } from "../support/raw-connection.js";
import { build } from "./test-app.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function memoryInUse() {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, all: heapUsed + external };
}

const POST = "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const MEGABYTE = Buffer.alloc(1_000_000, " ");
const TOO_LARGE = /^HTTP\/1\.1 413 [\s\S]*at most 1048576 bytes are accepted/;

async function listen(t: TestContext, env: Record<string, string>, scorer?: Scorer) {
  const connect = connections(t);
  const built = build(t, { env, ...(scorer && { scorer }) });
  const { port } = new URL(await built.app.listen({ host: "127.0.0.1", port: 0 }));
  return { ...built, open: () => connect(Number(port)) };
}

async function uploadBytes(metrics: Metrics): Promise<number | undefined> {
  return (await metrics.httpUploadBytes.get()).values[0]?.value;
}

async function untilUploading(metrics: Metrics, bytes: number): Promise<void> {
  while ((await uploadBytes(metrics)) !== bytes) await setImmediate();
}

for (const [what, header] of [
  ["an announced length", "Content-Length: 100000000\r\n"],
  ["chunks", "Transfer-Encoding: chunked\r\n"],
] as const) {
  test(`100 MB with ${what} are refused at the limit, without being kept, and the sender gets to read it`, async (t) => {
    const { open, metrics } = await listen(t, { MAX_BODY_BYTES: "1048576" });
    const client = open();
    await client.send(`${POST}${header}\r\n`);
    const before = process.memoryUsage().rss;
    let most = 0;
    const isChunked = header.includes("chunked");
    for (let i = 0; i < 100; i++) {
      if (isChunked) await client.send(`${MEGABYTE.length.toString(16)}\r\n`);
      await client.send(MEGABYTE);
      if (isChunked) await client.send("\r\n");
      most = Math.max(most, process.memoryUsage().rss - before, 0);
    }
    if (isChunked) await client.send("0\r\n\r\n");
    await client.until(TOO_LARGE);
    assert.doesNotMatch(client.received, /^connection: close/im);
    // The whole body has been read: the connection is as good as new.
    await client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.equal(await client.closed, undefined);
    assert.match(client.received, /HTTP\/1\.1 200 [\s\S]*Healthy$/);
    t.diagnostic(`${(most / 1e6).toFixed(1)} MB more resident memory at most`);
    assert.ok(most < 90_000_000);
    assert.equal((await uploadBytes(metrics)) ?? 0, 0);
  });
}

test("a sender that does not stop is cut off", async (t) => {
  const { open, log } = await listen(t, { MAX_BODY_BYTES: "1048576" });
  const client = open();
  await client.send(`${POST}Content-Length: 1000000000000\r\n\r\n`);
  let sent = 0;
  while (!client.socket.destroyed && sent < 400) {
    await client.send(MEGABYTE);
    sent++;
  }
  await client.closed;
  t.diagnostic(`cut off after ${sent} MB`);
  assert.ok(sent < 400);
  assert.match(client.received, TOO_LARGE);
  await log.logged("the rest of a body that was refused is not waited for");
});

test("a second body that does not fit beside the first is refused as soon as that is seen, and taken when the first is over", async (t) => {
  const { open, metrics } = await listen(t, { MAX_BODY_BYTES: "1048576", MAX_UPLOAD_BYTES: "1500000" });
  const first = open();
  await first.send(`${POST}Content-Length: 1000001\r\n\r\n`);
  await first.send(MEGABYTE);
  await untilUploading(metrics, 1_000_000);
  const second = open();
  await second.send(`${POST}Content-Length: 600000\r\n\r\n`);
  await second.send(Buffer.alloc(550_000, " "));
  await second.until(/at most 1500000 bytes of them may be in memory/);
  assert.match(second.received, /^HTTP\/1\.1 429 [\s\S]*^retry-after: 5\r$/m);
  const small = open();
  await small.send(`${POST}Content-Length: 2\r\n\r\n{}`);
  await small.until(/input_data/);
  first.socket.destroy();
  await untilUploading(metrics, 0);
  const third = open();
  await third.send(`${POST}Content-Length: 600000\r\n\r\n`);
  await third.send(Buffer.alloc(600_000, " "));
  await third.until(/decoded as JSON/);
  assert.equal(await uploadBytes(metrics), 0);
});

test("those who announce bodies and do not send them keep nobody out", async (t) => {
  const { open, metrics } = await listen(t, { MAX_BODY_BYTES: "1048576", MAX_UPLOAD_BYTES: "1048576" });
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 1; i <= 20; i++) {
    await open().send(`${POST}Content-Length: 1048576\r\n\r\n{`);
    await untilUploading(metrics, i);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 5_000_000);
  const whole = open();
  await whole.send(`${POST}Content-Length: 1000000\r\n\r\n`);
  await whole.send(MEGABYTE);
  await whole.until(/HTTP\/1\.1 400 [\s\S]*decoded as JSON/);
  await untilUploading(metrics, 20);
});

/** Scores when it is told to, and says that the body is read when it is told to. */
function heldScorer() {
  const begun = createDeferred<ScoreOptions>();
  const ended = createDeferred<Scored>();
  const scorer: Scorer = {
    score: (_body, options) => {
      begun.resolve(options);
      return ended.promise;
    },
  };
  return { scorer, begun: begun.promise, ended };
}

const JSON_BODY = JSON.stringify({ a: "x".repeat(700_000) });
const SENT = `${POST}Content-Length: ${JSON_BODY.length}\r\n\r\n${JSON_BODY}`;

test("a body counts until its texts have been read, which its scorer tells; not until its jobs are done", async (t) => {
  const { scorer, begun, ended } = heldScorer();
  const { open, metrics } = await listen(
    t,
    { MAX_BODY_BYTES: "1048576", MAX_UPLOAD_BYTES: "1048576" },
    scorer,
  );
  const client = open();
  await client.send(SENT);
  const { onRead } = await begun;
  assert.equal(await uploadBytes(metrics), JSON_BODY.length);
  const other = open();
  await other.send(SENT);
  await other.until(/^HTTP\/1\.1 429 /);
  onRead?.();
  assert.equal(await uploadBytes(metrics), 0);
  onRead?.();
  ended.resolve({ blocked: false, rows: [], seeds: [], warnings: [], failures: [] });
  await client.until(/^HTTP\/1\.1 200 /);
  assert.equal(await uploadBytes(metrics), 0);
});

for (const how of ["its scoring fails", "its time is over", "its client is gone"] as const) {
  test(`the place of a body whose texts are being read is free when that has ended: ${how}`, async (t) => {
    const { scorer, begun, ended } = heldScorer();
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { open, metrics } = await listen(t, { SCORING_TIMEOUT_MS: "300" }, scorer);
    const client = open();
    await client.send(SENT);
    const { signal } = await begun;
    if (how === "its time is over") {
      t.mock.timers.tick(300);
      await client.until(/Scoring timeout/);
    }
    if (how === "its client is gone") client.socket.destroy();
    if (how !== "its scoring fails") {
      while (!signal.aborted) await setImmediate();
      assert.equal(await uploadBytes(metrics), JSON_BODY.length);
    }
    ended.reject(new InpaintError("INVALID_INPUT", "too late"));
    await untilUploading(metrics, 0);
  });
}

test("a body that has come when its request is answered already is dropped", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { open, metrics } = await listen(t, { SCORING_TIMEOUT_MS: "200" });
  const client = open();
  await client.send(`${POST}Content-Length: 1000001\r\n\r\n`);
  await client.send(MEGABYTE);
  await untilUploading(metrics, 1_000_000);
  t.mock.timers.tick(200);
  await client.until(/Scoring timeout/);
  await client.send("x");
  await untilUploading(metrics, 0);
});

for (const [what, leave] of [
  ["goes", (client: RawConnection) => client.socket.destroy()],
  ["ends its side", (client: RawConnection) => client.socket.end()],
  ["sends no more", () => {}],
] as const) {
  test(`a client that ${what} when its unfinished request is answered already holds nothing`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { open, metrics } = await listen(t, { SCORING_TIMEOUT_MS: "200", MAX_UPLOAD_BYTES: "33554432" });
    const client = open();
    await client.send(`${POST}Content-Length: 33000000\r\n\r\n`);
    for (let i = 0; i < 32; i++) await client.send(MEGABYTE);
    await untilUploading(metrics, 32_000_000);
    t.mock.timers.tick(200);
    await client.until(/Scoring timeout/);
    t.mock.timers.reset();
    leave(client);
    await untilUploading(metrics, 0);
    const next = open();
    await next.send(`${POST}Content-Length: 32000000\r\n\r\n`);
    for (let i = 0; i < 31; i++) await next.send(MEGABYTE);
    await untilUploading(metrics, 31_000_000);
    next.socket.destroy();
    await untilUploading(metrics, 0);
  });
}

test("a body of many small chunks takes no more memory than its bytes", async (t) => {
  const { open, metrics } = await listen(t, {});
  const client = open();
  await client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
  const before = memoryInUse();
  const chunks = 200_000;
  for (let i = 0; i < 10; i++) await client.send("1\r\n \r\n".repeat(chunks / 10));
  await untilUploading(metrics, chunks);
  const after = memoryInUse();
  const more = after.all - before.all;
  // By itself: buffers of the tests before may be freed meanwhile.
  const moreHeap = after.heapUsed - before.heapUsed;
  t.diagnostic(
    `${(more / 1e6).toFixed(1)} MB more for ${chunks} bytes, ${(moreHeap / 1e6).toFixed(1)} of the heap`,
  );
  assert.ok(more < 5_000_000);
  assert.ok(moreHeap < 5_000_000);
  client.socket.destroy();
  await untilUploading(metrics, 0);
});

test("of bodies that do not all fit the oldest arrives: the largest of the others makes room", async (t) => {
  const { open, metrics } = await listen(t, { MAX_BODY_BYTES: "1048576", MAX_UPLOAD_BYTES: "1500000" });
  const clients = [open(), open(), open()] as const;
  let sent = 0;
  for (const [i, client] of clients.entries()) {
    await client.send(`${POST}Content-Length: 1000000\r\n\r\n`);
    const bytes = [400_000, 300_000, 700_000][i] ?? 0;
    await client.send(Buffer.alloc(bytes, " "));
    sent += bytes;
    await untilUploading(metrics, sent);
  }
  await clients[0].send(Buffer.alloc(600_000, " "));
  await clients[0].until(/^HTTP\/1\.1 400 [\s\S]*decoded as JSON/);
  await clients[2].until(/^HTTP\/1\.1 429 /);
  await clients[1].send(Buffer.alloc(700_000, " "));
  await clients[1].until(/^HTTP\/1\.1 400 [\s\S]*decoded as JSON/);
  await untilUploading(metrics, 0);
});

test("a body in chunks is counted as it comes", async (t) => {
  const { open, metrics } = await listen(t, { MAX_BODY_BYTES: "1048576", MAX_UPLOAD_BYTES: "1048576" });
  const first = open();
  await first.send(`${POST}Transfer-Encoding: chunked\r\n\r\n${(900_000).toString(16)}\r\n`);
  await first.send(Buffer.alloc(900_000, " "));
  await untilUploading(metrics, 900_000);
  const second = open();
  await second.send(`${POST}Transfer-Encoding: chunked\r\n\r\n${(200_000).toString(16)}\r\n`);
  await second.send(Buffer.alloc(200_000, " "));
  await second.until(/^HTTP\/1\.1 429 /);
  await untilUploading(metrics, 900_000);
  await first.send("\r\n0\r\n\r\n");
  await first.until(/decoded as JSON/);
  assert.equal(await uploadBytes(metrics), 0);
});

for (const [what, bytes] of [
  ["a head", "POST /score HTTP/1.1\r\nHost: x\r\n"],
  ["nothing at all", ""],
  ["a body", `${POST}Content-Length: 100\r\n\r\n{`],
  ["a chunk", `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nab`],
] as const) {
  test(`a client that trickles ${what} is a 408 when its time is over`, async (t) => {
    const { open, metrics } = await listen(t, { REQUEST_ARRIVAL_TIMEOUT_MS: "200" });
    const client = open();
    if (bytes !== "") await client.send(bytes);
    const trickle = setInterval(
      () => bytes !== "" && !bytes.includes("\r\n\r\n") && client.send("X: y\r\n"),
      40,
    );
    t.after(() => clearInterval(trickle));
    const began = performance.now();
    await client.closed;
    clearInterval(trickle);
    t.diagnostic(`${(performance.now() - began).toFixed(0)} ms for a limit of 200 ms`);
    assert.match(client.received, /^HTTP\/1\.1 408 [\s\S]*"The request did not arrive in time\."\}$/);
    assert.equal((await uploadBytes(metrics)) ?? 0, 0);
  });
}

test("a body that was refused and trickles on gets no second answer", async (t) => {
  const { open } = await listen(t, { REQUEST_ARRIVAL_TIMEOUT_MS: "200" });
  const client = open();
  await client.send("POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  await client.closed;
  assert.equal(client.received.match(/HTTP\/1\.1 /g)?.length, 1, client.received);
  assert.match(client.received, /^HTTP\/1\.1 415 /);
});

test("a client that ends its side has its answer; one that does so within its request, a 400", async (t) => {
  const { open, metrics } = await listen(t, {});
  const whole = open();
  whole.socket.end(`${POST}Content-Length: 2\r\n\r\n{}`);
  await whole.closed;
  assert.match(whole.received, /^HTTP\/1\.1 400 [\s\S]*input_data/);
  const half = open();
  half.socket.end(`${POST}Content-Length: 20\r\n\r\n{}`);
  await half.closed;
  assert.match(half.received, /^HTTP\/1\.1 400 [\s\S]*The request is not valid HTTP\./);
  await untilUploading(metrics, 0);
});

test("whatever a client expects, it gets the answer that it would get without", async (t) => {
  const { open } = await listen(t, {});
  for (const [expectation, goesOn] of [
    ["100-continue", true],
    ["200-ok", false],
    ["", false],
  ] as const) {
    const client = open();
    await client.send(`${POST}Expect: ${expectation}\r\nContent-Length: 2\r\n\r\n`);
    if (goesOn) await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    await client.send("{}");
    await client.until(/HTTP\/1\.1 400 [\s\S]*input_data/);
  }
});

test("what cannot be read behind the rest of a refused body is told so", async (t) => {
  const { open } = await listen(t, {});
  const client = open();
  await client.send("POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n");
  await client.until(/application\/json"\}$/);
  await client.send(`abcGET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
  await client.closed;
  const statuses = [...client.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  assert.deepEqual(statuses, ["415", "431"]);
});

test("requests that are refused by their heads are answered in order on one connection", async (t) => {
  const { open } = await listen(t, { MAX_BODY_BYTES: "1024" });
  const client = open();
  await client.send(
    `${POST}Content-Length: 3000\r\n\r\n${" ".repeat(3000)}PUT /score HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc` +
      `POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc${POST}Content-Length: 2\r\nConnection: close\r\n\r\n{}`,
  );
  await client.closed;
  const statuses = [...client.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  assert.deepEqual(statuses, ["413", "405", "415", "400"]);
});

test("connections over the limit are closed as they come, and the log says so", async (t) => {
  const { open, log } = await listen(t, { MAX_CONNECTIONS: "2" });
  const [first, second] = [open(), open()];
  for (const each of [first, second]) {
    await each.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await each.until(/Healthy/);
  }
  const third = open();
  await third.closed;
  assert.equal(third.received, "");
  const line = await log.logged("connections are refused: too many are open");
  assert.equal(line.max, 2);
  first.socket.destroy();
  await first.closed;
  await second.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await second.closed;
  assert.equal(second.received.match(/Healthy/g)?.length, 2);
});
