import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { heldWorkers } from "../support/held-workers.js";
import {
  messageOf,
  oneRowRequest,
  rowsOf,
  startReadyServer,
  unetCallsMade,
} from "../support/server-process.js";
import { dataOf, readEvents } from "../support/server-sent-events.js";

/** What both `queued` and `progress` say, as far as it is looked at here. */
const placeSchema = z.object({
  attempt: z.int().optional(),
  position: z.int().optional(),
  call: z.int().optional(),
  preview: z.string().optional(),
});

/** A state that was missed would be waited for without end. */
const BOUNDED = { timeout: 120_000 };

test(
  "the worker is killed in the middle of a 50-step request: it is answered all the same",
  BOUNDED,
  async (t) => {
    const workers = await heldWorkers(t);
    const server = await startReadyServer(t, workers.environment);
    const pid = await server.process.workerReady();
    assert.equal((await server.get("/health/ready")).status, 200);
    const request = oneRowRequest({ num_inference_steps: 50, seed: 1, width: 128, height: 128 });
    const undisturbed = await server.score(request);

    workers.hold("calls");
    const reply = server.score(request);
    await unetCallsMade(server, 53, reply);
    workers.hold("opening");
    process.kill(pid, "SIGKILL");
    workers.letGo("calls");
    while ((await server.get("/health/ready")).status !== 503) await setImmediate();
    assert.equal((await server.get("/health/live")).status, 200);
    const early = await server.score(oneRowRequest({ num_inference_steps: 1 }));
    assert.equal(early.status, 503);
    assert.match(messageOf(early), /no worker is ready/);
    assert.ok(Number(early.headers.get("retry-after")) > 0);

    while ((await server.metric("inpaint_job_retries_total")) < 1) await setImmediate();
    assert.equal(await server.metric("inpaint_work_admitted_pixels"), 51 * 2 * 128 ** 2, "all of it, again");
    workers.letGo("opening");

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
  },
);

test(
  "events of a request whose worker is killed: the image waits and counts again, and says so",
  BOUNDED,
  async (t) => {
    const workers = await heldWorkers(t);
    const server = await startReadyServer(t, workers.environment);
    const pid = await server.process.workerReady();
    const steps = 50;
    const request = oneRowRequest({
      num_inference_steps: steps,
      scheduler: "DDIM",
      width: 128,
      height: 128,
      seed: 1,
    });
    const undisturbed = await server.score(request);
    workers.hold("calls");
    const reply = server.score(request, { headers: { accept: "text/event-stream" } });
    await unetCallsMade(server, steps + 3, reply);
    process.kill(pid, "SIGKILL");
    workers.letGo("calls");
    const { events } = readEvents((await reply).text);

    const heard = [...dataOf(events, "queued"), ...dataOf(events, "progress")].map((data) =>
      placeSchema.parse(data),
    );
    const waited = heard.filter(({ position }) => position !== undefined);
    assert.deepEqual(
      waited.map(({ attempt, position }) => [attempt, position]),
      [[2, 1]],
    );
    const callsOf = (attempt: number | undefined) =>
      heard
        .filter((place) => place.attempt === attempt && place.preview === undefined)
        .flatMap(({ call = [] }) => call);
    const first = callsOf(undefined);
    assert.ok(
      first.length >= 3 && first.length < steps,
      `${first.length} calls before the worker was killed`,
    );
    assert.deepEqual(
      first,
      first.map((_, i) => i + 1),
    );
    assert.deepEqual(
      callsOf(2),
      Array.from({ length: steps }, (_, i) => i + 1),
    );
    assert.equal(events.at(-1)?.data, undisturbed.text, "the same bytes");
  },
);
