/** @file Clients that hang up at random moments: what they had is given back, and their jobs stop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../support/load-generator.js";
import { startReadyServer, type TestServer } from "../support/server-process.js";
import { seededRandom } from "../support/simulated-server.js";
import { smallRequest } from "../support/small-request.js";
import type { LoadCounts } from "./counts.js";

/** More than most wait for. */
const STEPS = 100;
const MAX_BATCH = 4;
const APART_MS = 60;
const PATIENCE_MS = 2000;
const POLL_MS = 20;
const GIVE_UP_POLLS = 500;

export function testHangUp({ hangingUp, assertsTimes }: LoadCounts): void {
  test(`${hangingUp} clients hang up at random moments: calls stop, places and work return to 0`, async (t) => {
    const server = await startReadyServer(t, { MAX_BATCH: String(MAX_BATCH) });
    const random = seededRandom(11);
    const rest = new AbortController();
    const clients: Promise<number>[] = [];
    for (let client = 0; client < hangingUp; client++) {
      clients.push(hangUpAfter(server, smallRequest(STEPS, client), PATIENCE_MS * random(), rest.signal));
      await sleep(APART_MS * 2 * random());
    }
    rest.abort(); // many at once, while the worker is at it
    const statuses = await Promise.all(clients);
    const callsThen = await calls(server);
    assert.ok(callsThen > 0, "some jobs had begun");
    const answered = statuses.filter((status) => status === 200).length;
    assert.equal(statuses.filter((status) => status === 0).length, hangingUp - answered);

    // Clients know of their hanging up a little before the server does: what it still admits, it has not heard of.
    for (let polls = 0; (await server.metric("inpaint_jobs_admitted")) > 0; polls++) {
      assert.ok(polls < GIVE_UP_POLLS, "places were not given back");
      await sleep(POLL_MS);
    }
    const callsKnown = await calls(server);
    // A tick that was under way is the last one; then a worker that has nothing to do answers at once.
    assert.equal((await ask(server, smallRequest(1, 0))).status, 200);
    const own = await callsOfLastJob(server, callsKnown);
    const [tail, planned, cancelled] = [
      callsKnown - callsThen,
      await server.metric("inpaint_unet_calls_planned_total"),
      await server.metric('inpaint_jobs_total{outcome="cancelled"}'),
    ];
    t.diagnostic(
      `${callsThen} of ${planned} planned UNet calls were made, ${tail} after the last client was gone and before the ` +
        `server knew, ${own.tail} after that; ${cancelled} jobs cancelled, ${answered} of ${hangingUp} clients answered ` +
        "before they hung up",
    );
    assert.ok(own.tail <= MAX_BATCH, `${own.tail} calls for nobody: more than one tick`);
    if (assertsTimes) assert.ok(tail <= 2 * MAX_BATCH, `${tail} calls until the server knew`);
    for (const gauge of [
      "inpaint_jobs_admitted",
      "inpaint_work_admitted_pixels",
      "inpaint_jobs_waiting",
      "inpaint_decoded_pixels",
    ]) {
      assert.equal(await server.metric(gauge), 0, gauge);
    }
    assert.ok(cancelled > hangingUp / 2, "most hung up before they were answered");
    assert.equal(await server.metric('inpaint_jobs_total{outcome="failed"}'), 0);
    assert.equal(await server.metric("inpaint_worker_restarts_total"), 0);
  });
}

const calls = (server: TestServer) => server.metric("inpaint_unet_calls_total");

/** PNDM, the random checkpoint's scheduler, makes one step with two calls, whoever asks for it. */
async function callsOfLastJob(server: TestServer, callsBefore: number) {
  const made = (await calls(server)) - callsBefore;
  await ask(server, smallRequest(1, 0));
  const own = (await calls(server)) - callsBefore - made;
  return { own, tail: made - own };
}

/** The answer's status; 0 when there was none. */
async function hangUpAfter(server: TestServer, body: string, ms: number, all: AbortSignal): Promise<number> {
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(), ms);
  const { status } = await ask(server, body, AbortSignal.any([own.signal, all]));
  clearTimeout(timer);
  return status;
}
