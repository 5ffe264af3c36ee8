/** @file The stream by itself: what a client that reads gets, and what one that does not read costs. */
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers";
import { setImmediate } from "node:timers/promises";
import { EventStream, formatEvent } from "../../../src/http/answer/event-stream.js";
import { readEvents } from "../../support/server-sent-events.js";

const HOUR_MS = 3_600_000;
/** More than the stream buffers. */
const LARGE = "x".repeat(100_000);

test("a client that reads gets every event, then the last one, then the end", async () => {
  const stream = new EventStream(HOUR_MS);
  const all = text(stream);
  for (let i = 0; i < 50; i++) {
    stream.offer(i % 2, () => formatEvent("tick", String(i)));
    await setImmediate();
  }
  stream.finish([formatEvent("done", "{}")]);
  const { events } = readEvents(await all);
  assert.deepEqual(
    events.map(({ data }) => data),
    [...Array.from({ length: 50 }, (_, i) => String(i)), "{}"],
  );
});

test("a client that does not read gets the latest of each key; what it missed was never even written down", async () => {
  const stream = new EventStream(HOUR_MS);
  await setImmediate();
  let made = 0;
  const offer = (key: number, i: number) =>
    stream.offer(key, () => {
      made++;
      return formatEvent("tick", JSON.stringify({ key, i, fill: LARGE }));
    });
  for (let i = 0; i < 1000; i++) {
    offer(i % 3, i);
    await setImmediate();
  }
  const buffered = stream.readableLength;
  assert.ok(buffered < 2 * LARGE.length, `${buffered} characters are buffered`);
  assert.equal(made, 1);
  const all = text(stream);
  while (made < 4) await setImmediate();
  stream.finish([formatEvent("done", "{}")]);
  const sent = [...(await all).matchAll(/"i":(\d+)/g)].map(([, i]) => Number(i));
  assert.deepEqual(sent.slice(0, 1), [0], "the one that was on its way");
  assert.deepEqual(new Set(sent.slice(1)), new Set([997, 998, 999]));
});

test("the last event comes whole and in full to a client that reads only then; what waited is dropped", async () => {
  const stream = new EventStream(HOUR_MS);
  await setImmediate();
  for (let i = 0; i < 5; i++) stream.offer(i, () => formatEvent("tick", JSON.stringify(LARGE)));
  const result = JSON.stringify(LARGE.repeat(30));
  stream.finish([formatEvent("result", result)]);
  stream.offer(9, () => assert.fail("made after the end"));
  const { events } = readEvents(await text(stream));
  assert.deepEqual(
    events.map(({ event }) => event),
    ["tick", "result"],
    "the one that was on its way, and the last",
  );
  assert.equal(events.at(-1)?.data, result);
});

test("every so often a comment shows that the connection lives, one at most for a client that does not read", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const stream = new EventStream(15_000);
  const all = text(stream);
  await setImmediate();
  for (let i = 0; i < 3; i++) {
    t.mock.timers.tick(15_000);
    await setImmediate();
  }
  stream.finish([formatEvent("done", "{}")]);
  const { comments } = readEvents(await all);
  assert.deepEqual(comments, [":", ": keep-alive", ": keep-alive", ": keep-alive"]);

  const unread = new EventStream(15_000);
  await setImmediate();
  unread.offer(0, () => formatEvent("tick", JSON.stringify(LARGE)));
  const before = unread.readableLength;
  t.mock.timers.tick(15_000 * 100);
  assert.equal(unread.readableLength, before);
  unread.destroy();
});

test("a stream that was destroyed takes nothing more", async () => {
  const stream = new EventStream(HOUR_MS);
  stream.on("error", assert.fail);
  stream.destroy();
  stream.offer(0, () => assert.fail("made for nobody"));
  stream.finish(["x\n\n"]);
  await setImmediate();
  assert.equal(stream.readableEnded, false);
});

test("however fast the client reads, everybody else has a turn between two of the last texts", async () => {
  const stream = new EventStream(HOUR_MS);
  const all = text(stream);
  let turns = 0;
  const seen: number[] = [];
  const count = () => {
    turns++;
    if (!stream.destroyed) nextTurn(count);
  };
  nextTurn(count);
  stream.finish(
    (function* () {
      for (let i = 0; i < 8; i++) {
        seen.push(turns);
        yield `event: part\ndata: ${i}\n\n`;
      }
    })(),
  );
  assert.equal(readEvents(await all).events.length, 8);
  assert.equal(new Set(seen).size, 8, `made at turns ${seen.join(", ")}`);
});
