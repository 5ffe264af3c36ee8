import assert from "node:assert/strict";
import { test } from "node:test";
import { heldWorkers } from "../support/held-workers.js";
import { connections } from "../support/raw-connection.js";
import {
  cardRequest,
  oneRowRequest,
  rowsOf,
  startReadyServer,
  unetCallsMade,
} from "../support/server-process.js";

test("a client that hangs up stops its jobs, the running one and the waiting one", async (t) => {
  const workers = await heldWorkers(t);
  const server = await startReadyServer(t, workers.environment);
  workers.hold("calls");
  const client = new AbortController();
  const reply = server.score(cardRequest({ num_inference_steps: 50 }), { signal: client.signal });
  await unetCallsMade(server, 1, reply);
  client.abort();
  await assert.rejects(reply, { name: "AbortError" });
  workers.letGo("calls");

  assert.equal(rowsOf(await server.score(oneRowRequest({ num_inference_steps: 1 }))).length, 1);
  const calls = (await server.metric("inpaint_unet_calls_total")) - 1;
  t.diagnostic(`${calls} of 102 UNet calls were made for the client that hung up`);
  assert.ok(calls < 51, "the first row was stopped, and the second one never began");
  assert.equal(await server.metric('inpaint_jobs_total{outcome="cancelled"}'), 2);
  assert.equal(await server.metric('inpaint_jobs_total{outcome="done"}'), 1);
  assert.equal(await server.metric("inpaint_jobs_waiting"), 0);
});

test("a client that ends its side of the connection before its answer counts as gone", async (t) => {
  const connect = connections(t);
  const workers = await heldWorkers(t);
  const server = await startReadyServer(t, workers.environment);
  workers.hold("calls");
  const body = JSON.stringify(cardRequest({ num_inference_steps: 50 }));
  const client = connect(Number(new URL(server.url).port));
  await client.send(
    `POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await unetCallsMade(server, 1, new Promise(() => {}));
  client.socket.end();
  assert.equal(await client.closed, undefined);
  assert.equal(client.received, "");
  const { rows } = await server.process.logged(({ status }) => status === 499);
  assert.equal(rows, 2);
  workers.letGo("calls");
  assert.equal(rowsOf(await server.score(oneRowRequest({ num_inference_steps: 1 }))).length, 1);
  assert.equal(await server.metric('inpaint_jobs_total{outcome="cancelled"}'), 2);
  assert.equal(await server.metric('inpaint_jobs_total{outcome="done"}'), 1);
});
