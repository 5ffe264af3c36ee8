/** @file The data of each event, and previews by the real codec: none is lost to a slow client before its next call. */
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { EventStream } from "../../../src/http/answer/event-stream.js";
import { BARE_ROWS } from "../../../src/http/answer/json-rows.js";
import { ScoreEvents } from "../../../src/http/answer/score-events.js";
import { codec, sampleImage } from "../../support/sample.js";
import { dataOf, readEvents } from "../../support/server-sent-events.js";

const HOUR_MS = 3_600_000;
const PLACE = { row: 0, image: 2 };
const ROW = { prompt: "\n", generated_image: "QUJD", nsfw_content_detected: null };

function start() {
  const stream = new EventStream(HOUR_MS);
  const events = new ScoreEvents(stream, {
    presentation: BARE_ROWS,
    onBegun: () => {},
    onPreviewFailed: (error) => assert.fail(String(error)),
  });
  return { stream, events };
}

test("each event has its data", async () => {
  const { stream, events } = start();
  const all = text(stream);
  await setImmediate();
  events.onQueued(PLACE, { position: 3, waitMs: 1234.56 });
  await setImmediate();
  events.onQueued(PLACE, { position: 2, waitMs: undefined });
  await setImmediate();
  events.onProgress(PLACE, { call: 1, calls: 51 });
  await setImmediate();
  events.finish({ rows: [ROW], seeds: [7, 2 ** 53 - 1] });
  assert.deepEqual(readEvents(await all).events, [
    { event: "queued", data: '{"row":0,"image":2,"position":3,"wait_ms":1235}' },
    { event: "queued", data: '{"row":0,"image":2,"position":2,"wait_ms":null}' },
    { event: "progress", data: '{"row":0,"image":2,"call":1,"calls":51}' },
    { event: "seeds", data: "[7,9007199254740991]" },
    { event: "result", data: JSON.stringify([ROW]) },
  ]);
});

test("an image that is begun anew says for the how manieth time, and shows no preview of before", async () => {
  const { stream, events } = start();
  await setImmediate();
  const large = new Uint8Array(100_000); // more than the stream buffers
  events.onProgress({ row: 9, image: 9 }, { call: 1, calls: 1, preview: large });
  await setImmediate();
  events.onProgress(PLACE, { call: 8, calls: 9, preview: large }); // waits for the client
  events.onRestarted(PLACE);
  events.onProgress(PLACE, { call: 1, calls: 9 });
  const all = text(stream);
  await setImmediate();
  events.onRestarted(PLACE);
  events.onQueued(PLACE, { position: 1, waitMs: undefined });
  await setImmediate();
  events.onQueued({ row: 0, image: 1 }, { position: 2, waitMs: undefined });
  await setImmediate();
  events.finish({ rows: [], seeds: [] });
  const told = readEvents(await all).events.slice(1, -2);
  assert.deepEqual(
    told.map(({ data }) => data),
    [
      '{"row":0,"image":2,"attempt":2,"call":1,"calls":9}',
      '{"row":0,"image":2,"attempt":3,"position":1,"wait_ms":null}',
      '{"row":0,"image":1,"position":2,"wait_ms":null}',
    ],
  );
});

test("an error is what the plain answer would be", async () => {
  for (const headers of [{}, { "retry-after": "5" }]) {
    const { stream, events } = start();
    events.fail({ status: 503, headers, body: { message: "later" } });
    assert.deepEqual(dataOf(readEvents(await text(stream)).events, "error"), [
      { status: 503, headers, body: { message: "later" } },
    ]);
  }
});

test("a preview that waits for a slow client goes with the latest call, once", async () => {
  const { stream, events } = start();
  await setImmediate();
  const preview = await codec.encode(sampleImage, { format: "jpeg", quality: 80 }); // more than the stream buffers
  events.onProgress({ row: 9, image: 9 }, { call: 1, calls: 1, preview }); // fills the buffer
  await setImmediate();
  events.onProgress(PLACE, { call: 1, calls: 9, preview });
  events.onProgress(PLACE, { call: 2, calls: 9 });
  events.onProgress(PLACE, { call: 3, calls: 9 });
  const all = text(stream);
  await setImmediate();
  events.onProgress(PLACE, { call: 4, calls: 9 });
  await setImmediate();
  events.finish({ rows: [], seeds: [] });
  const told = dataOf(readEvents(await all).events, "progress").slice(1);
  assert.deepEqual(told, [
    { row: 0, image: 2, call: 3, calls: 9, preview: Buffer.from(preview).toString("base64") },
    { row: 0, image: 2, call: 4, calls: 9 },
  ]);
});
