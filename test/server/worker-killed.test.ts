import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isWorkerReady,
  messageOf,
  oneRowRequest,
  rowsOf,
  startReadyServer,
  unetCallsMade,
} from "../support/server-process.js";

test("the worker is killed in the middle of a 50-step request", async (t) => {
  const server = await startReadyServer(t);
  const pid = await server.process.workerReady();
  assert.equal((await server.get("/health/ready")).status, 200);

  const reply = server.score(oneRowRequest({ num_inference_steps: 50, seed: 1 }));
  await unetCallsMade(server, 2, reply);
  const killedMs = performance.now();
  process.kill(pid, "SIGKILL");

  const { status, text } = await reply;
  t.diagnostic(`answered ${Math.round(performance.now() - killedMs)} ms after the kill`);
  assert.equal(status, 500, text);
  const readiness = await server.get("/health/ready");
  assert.equal(
    server.process.records.filter(isWorkerReady).length,
    1,
    "answered before another worker is ready",
  );
  assert.equal(readiness.status, 503);
  assert.equal((await server.get("/health/live")).status, 200);
  const early = await server.score(oneRowRequest({ num_inference_steps: 1 }));
  assert.equal(early.status, 503);
  assert.match(messageOf(early), /no worker is ready/);
  assert.ok(Number(early.headers.get("retry-after")) > 0);

  const nextPid = await server.process.workerReady(2);
  assert.notEqual(nextPid, pid);
  assert.equal((await server.get("/health/ready")).status, 200);
  assert.equal(rowsOf(await server.score(oneRowRequest({ num_inference_steps: 1 }))).length, 1);
  assert.equal(await server.metric("inpaint_worker_restarts_total"), 1);
  assert.equal(await server.metric('inpaint_jobs_total{outcome="failed"}'), 1);
});
