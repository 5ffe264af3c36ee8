import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  messageOf,
  oneRowRequest,
  rowsOf,
  startReadyServer,
  unetCallsMade,
} from "../support/server-process.js";

test("the worker is killed in the middle of a 50-step request: it is answered all the same", async (t) => {
  const server = await startReadyServer(t);
  const pid = await server.process.workerReady();
  assert.equal((await server.get("/health/ready")).status, 200);
  const request = oneRowRequest({ num_inference_steps: 50, seed: 1, width: 128, height: 128 });
  const undisturbed = await server.score(request);

  const reply = server.score(request);
  await unetCallsMade(server, 53, reply);
  process.kill(pid, "SIGKILL");
  while ((await server.get("/health/ready")).status !== 503) await setImmediate();
  assert.equal((await server.get("/health/live")).status, 200);
  const early = await server.score(oneRowRequest({ num_inference_steps: 1 }));
  assert.equal(early.status, 503);
  assert.match(messageOf(early), /no worker is ready/);
  assert.ok(Number(early.headers.get("retry-after")) > 0);

  const nextPid = await server.process.workerReady(2);
  assert.notEqual(nextPid, pid);
  const { status, text } = await reply;
  assert.equal(status, 200);
  assert.equal(text, undisturbed.text, "from the start, with the same seed: the same bytes");
  assert.equal((await server.get("/health/ready")).status, 200);
  assert.equal(rowsOf(await server.score(oneRowRequest({ num_inference_steps: 1 }))).length, 1);
  assert.equal(await server.metric("inpaint_worker_restarts_total"), 1);
  assert.equal(await server.metric("inpaint_job_retries_total"), 1);
  assert.equal(await server.metric('inpaint_jobs_total{outcome="failed"}'), 0);
});
