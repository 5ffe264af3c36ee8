/** @file Clients that send requests and read no answer: what waits for them on one connection, and on all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { connections } from "../../support/raw-connection.js";
import { build, JSON_TYPE, post } from "../test-app.js";

const CLOSED = "the connection is closed: too many requests on it wait for their answers";
const NO_ROOM = "no room for an answer behind one that its client does not read; the connection is closed";

/** Five kilobytes, whose refusal is as long as one can be. */
const BAD_ROWS = JSON.stringify({ instances: Array.from({ length: 256 }, () => ({ seed: [], eta: [] })) });
const LONG_REFUSAL = `POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BAD_ROWS.length}\r\n\r\n${BAD_ROWS}`;
const ENV = { MAX_ROWS: "256" };

test("thirty-two requests may wait on a connection, and with one more it is closed", async (t) => {
  const connect = connections(t);
  const { app, log, metrics } = build(t);
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  const polite = connect(Number(port));
  await polite.send(request.repeat(32));
  while ((polite.received.match(/HTTP\/1\.1 200 OK/g) ?? []).length < 32) await setImmediate();

  const greedy = connect(Number(port));
  greedy.socket.pause();
  await greedy.send(request.repeat(1000)); // one chunk
  await log.logged(CLOSED);
  greedy.socket.resume();
  await greedy.closed;
  assert.equal(log.lines(CLOSED).length, 1, "a line for all of them");
  while (((await metrics.httpRequestsInFlight.get()).values[0]?.value ?? 0) > 0) await setImmediate();
  const seen = (await metrics.httpRequests.get()).values.reduce((sum, { value }) => sum + value, 0);
  assert.equal(seen, 64, "what is not answered is not observed");
});

test("refusals that nobody reads count like other answers, and without room for more the connection is closed", async (t) => {
  const connect = connections(t);
  const { app, log, metrics } = build(t, { env: { ...ENV, MAX_HELD_RESPONSE_BYTES: "100000" } });
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const held = async () => (await metrics.httpHeldResponseBytes.get()).values[0]?.value ?? 0;
  const one = (await post(app, BAD_ROWS, JSON_TYPE)).body.length;
  assert.ok(one > 60_000 && one < 70_000, `${one} bytes`);
  let most = 0;
  const all = Array.from({ length: 3 }, () => connect(Number(port)));
  for (const connection of all) {
    connection.socket.pause();
    void connection.send(LONG_REFUSAL.repeat(300)); // more than the system takes of their answers
  }
  while (log.lines(NO_ROOM).length === 0) {
    most = Math.max(most, await held());
    await setImmediate();
  }
  assert.ok(most < 100_000 + 3 * one, `${most} bytes: a first answer on each connection, and what fits`);
  for (const { socket } of all) socket.destroy();
  while ((await held()) !== 0) await setImmediate();
  assert.equal((await post(app, BAD_ROWS, JSON_TYPE)).statusCode, 400);
});

test("a client that reads has every answer, however many it asks for at once and however little room there is", async (t) => {
  const connect = connections(t);
  const { app, log } = build(t, { env: { MAX_HELD_RESPONSE_BYTES: "0" } });
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const client = connect(Number(port));
  await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20));
  while ((client.received.match(/HTTP\/1\.1 200 OK/g) ?? []).length < 20) await setImmediate();
  assert.deepEqual(log.lines(NO_ROOM), []);
});
