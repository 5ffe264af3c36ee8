/** @file Events of a real engine: they end in the very answer that JSON gives, and count what was computed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { heldWorkers } from "../support/held-workers.js";
import { codec } from "../support/sample.js";
import {
  cardRequest,
  messageOf,
  oneRowRequest,
  rowsOf,
  startReadyServer,
  unetCallsMade,
} from "../support/server-process.js";
import { dataOf, readEvents } from "../support/server-sent-events.js";

const EVENTS = { headers: { accept: "text/event-stream" } };
const LONG = 150;
const progressSchema = z.strictObject({
  row: z.int(),
  image: z.int(),
  call: z.int(),
  calls: z.int(),
  preview: z.string().optional(),
});
const queuedSchema = z.strictObject({
  row: z.int(),
  image: z.int(),
  position: z.int(),
  wait_ms: z.number().nullable(),
});

test("a request that asks for events", async (t) => {
  const workers = await heldWorkers(t);
  const server = await startReadyServer(t, {
    SCORING_TIMEOUT_MS: "120000",
    MAX_BATCH: "1",
    ...workers.environment,
  });

  await t.test("hears of every call, and has the plain answer in the end, byte for byte", async () => {
    const request = cardRequest({
      num_inference_steps: 2,
      num_images_per_prompt: 2,
      seed: 7,
      scheduler: "DDIM",
      guidance_scale: 1,
    });
    const plain = await server.score(request);
    assert.equal(rowsOf(plain).length, 4);
    assert.equal(plain.headers.get("content-type"), "application/json");

    const reply = await server.score(request, EVENTS);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("content-type"), "text/event-stream; charset=utf-8");
    const { events } = readEvents(reply.text);
    assert.deepEqual(
      events.slice(-2).map(({ event }) => event),
      ["seeds", "result"],
    );
    assert.equal(events.at(-1)?.data, plain.text);
    assert.equal(`[${plain.headers.get("x-inpaint-seeds")}]`, events.at(-2)?.data);

    const calls = 2;
    const all = dataOf(events, "progress").map((data) => progressSchema.parse(data));
    const progress = all.filter(({ preview }) => preview === undefined);
    for (const image of [0, 1, 2, 3]) {
      assert.deepEqual(
        progress.filter((data) => data.image === image),
        Array.from({ length: calls }, (_, i) => ({ row: image >> 1, image, call: i + 1, calls })),
      );
    }
    assert.equal(progress.length, 4 * calls);
    const previews = all.flatMap(({ preview = [] }) => preview);
    assert.ok(previews.length > 0);
    for (const preview of previews) {
      const { width, height } = await codec.decode(Buffer.from(preview, "base64"), {
        exifTranspose: false,
        onWarning: assert.fail,
      });
      assert.deepEqual([width, height], [64, 64], "a pixel for each latent");
    }
    const queued = dataOf(events, "queued").map((data) => queuedSchema.parse(data));
    assert.deepEqual([queued[0]?.row, queued[0]?.image, queued[0]?.position], [1, 2, 1]);
    assert.ok((queued[0]?.wait_ms ?? 0) > 0, "how long such images take is known since the first request");
    t.diagnostic(`${events.length} events, ${queued.length} of them about the queue`);
  });

  await t.test("and is bad gets a plain 400", async () => {
    const reply = await server.score(oneRowRequest({}, { image: "%" }), EVENTS);
    assert.equal(reply.status, 400);
    assert.equal(reply.headers.get("content-type"), "application/json");
    assert.match(messageOf(reply), /^data\[0\]\.image: not base64/);
  });

  await t.test("and hangs up stops its jobs, the running one and the waiting one", async () => {
    const [callsBefore, cancelledBefore] = await Promise.all([
      server.metric("inpaint_unet_calls_total"),
      server.metric('inpaint_jobs_total{outcome="cancelled"}'),
    ]);
    const client = new AbortController();
    const reply = server.score(cardRequest({ num_inference_steps: LONG }), {
      ...EVENTS,
      signal: client.signal,
    });
    await unetCallsMade(server, callsBefore + 1, reply);
    client.abort();
    await assert.rejects(reply, { name: "AbortError" });
    assert.equal(rowsOf(await server.score(oneRowRequest({ num_inference_steps: 1 }))).length, 1);
    const calls = (await server.metric("inpaint_unet_calls_total")) - callsBefore - 1;
    t.diagnostic(`${calls} of ${2 * (LONG + 1)} UNet calls were made for the client that hung up`);
    assert.ok(calls < LONG);
    assert.equal(await server.metric('inpaint_jobs_total{outcome="cancelled"}'), cancelledBefore + 2);
    assert.equal(await server.metric("inpaint_jobs_waiting"), 0);
  });

  await t.test("and takes longer than it asked for is told so, and its jobs are stopped", async () => {
    const cancelled = 'inpaint_jobs_total{outcome="cancelled"}';
    const before = await server.metric(cancelled);
    const headers = { "x-inpaint-timeout-ms": "4000" };
    workers.hold("calls"); // so it does take longer
    const long = oneRowRequest({ num_inference_steps: LONG });
    const plain = await server.score(long, { headers });
    assert.equal(plain.status, 500);
    assert.equal(messageOf(plain), "Scoring timeout after 4000 ms");
    const streamed = await server.score(long, { headers: { ...EVENTS.headers, ...headers } });
    assert.equal(streamed.status, 200);
    const { events } = readEvents(streamed.text);
    assert.deepEqual(dataOf(events, "error"), [
      {
        status: 500,
        headers: { "x-ms-run-function-failed": "True" },
        body: { message: "Scoring timeout after 4000 ms" },
      },
    ]);
    assert.equal(dataOf(events, "result").length, 0);
    assert.equal(await server.metric(cancelled), before + 2);
  });
});

test("a full queue is a plain 429 before an image is decoded; the end of the server is an event", async (t) => {
  const workers = await heldWorkers(t);
  const server = await startReadyServer(t, {
    MAX_QUEUED_WORK: "1",
    SHUTDOWN_GRACE_MS: "100",
    ...workers.environment,
  });
  workers.hold("calls");
  const running = server.score(oneRowRequest({ num_inference_steps: LONG }), EVENTS);
  await unetCallsMade(server, 1, running);
  const decoded = await server.metric('inpaint_stage_seconds_count{stage="imageDecode"}');
  const refused = await server.score(oneRowRequest({ num_inference_steps: 1 }), EVENTS);
  assert.equal(refused.status, 429);
  assert.match(messageOf(refused), /^the queue is full: \d+\.\d of at most 1\.0 million row pixels wait/);
  assert.notEqual(refused.headers.get("retry-after"), null);
  assert.equal(await server.metric('inpaint_stage_seconds_count{stage="imageDecode"}'), decoded);
  server.process.kill("SIGTERM");
  const { events } = readEvents((await running).text);
  const message = "the server is shutting down";
  assert.deepEqual(dataOf(events, "error"), [
    { status: 503, body: { message }, headers: { "retry-after": "5", "x-ms-run-function-failed": "False" } },
  ]);
  assert.equal(events.at(-1)?.event, "error");
  assert.equal((await server.process.exited).code, 0);
});
