/**
 * @file Bodies over real connections: too large, too many at a time, too slow, cut off; that the answer gets through and
 * nothing stays in memory.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Metrics } from "../../src/observability/metrics.js";
import { connections } from "../support/raw-connection.js";
import { build } from "./test-app.js";

const POST = "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const MEGABYTE = Buffer.alloc(1_000_000, " ");
const TOO_LARGE = /^HTTP\/1\.1 413 [\s\S]*at most 1048576 bytes are accepted/;

async function listen(t: TestContext, env: Record<string, string>) {
  const connect = connections(t);
  const built = build(t, { env });
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

test("a second body that does not fit beside the first is refused at once, and taken when the first is over", async (t) => {
  const { open, metrics } = await listen(t, { MAX_BODY_BYTES: "1048576", MAX_UPLOAD_BYTES: "1500000" });
  const first = open();
  await first.send(`${POST}Content-Length: 1000000\r\n\r\n{`);
  await untilUploading(metrics, 1_000_000);
  const second = open();
  await second.send(`${POST}Content-Length: 600000\r\n\r\n`);
  await second.until(/at most 1500000 bytes may do so at a time/);
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
