/**
 * @file Clients that read their answer slowly or not at all, on connections of their own. How long a connection may be
 * silent before its answer, and between two, is another matter: here too.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createDeferred } from "../../src/async/deferred.js";
import type { Scored, Scorer } from "../../src/scoring/score.js";
import { build, post } from "./test-app.js";

/** Larger than what the system takes for a client that reads nothing. */
const LARGE_ROWS = Array.from({ length: 8 }, (_, i) => ({
  prompt: `row ${i}`,
  generated_image: "A".repeat(5_000_000),
  nsfw_content_detected: null,
}));
const LARGE: Scored = { rows: LARGE_ROWS, seeds: [], warnings: [], failures: [], blocked: false };
const SMALL: Scored = { rows: [], seeds: [], warnings: [], failures: [], blocked: false };
const STALLED = "the client does not read its answer; the connection is closed";
const STALL_MS = 200;
/** For who reads slowly: so long no machine is busy with something else. */
const SLOW_STALL_MS = 2000;
/** More than the time in which a stalled reader is noticed. */
const SILENCE_MS = 3 * STALL_MS;

async function listen(t: TestContext, scorer: Scorer, stallMs = STALL_MS) {
  const built = build(t, { scorer, env: { RESPONSE_STALL_TIMEOUT_MS: String(stallMs) } });
  const { port } = new URL(await built.app.listen({ host: "127.0.0.1", port: 0 }));
  const open = () => {
    const socket = connect(Number(port), "127.0.0.1");
    t.after(() => socket.destroy());
    return socket;
  };
  return { ...built, open };
}

function ask(socket: Socket, headers = ""): void {
  const head = `POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}Content-Length: 2\r\n\r\n`;
  socket.write(`${head}{}`);
}

/** Answers every request as it comes, with what the test says when it says so. */
function scorerOf(score: (n: number) => Promise<Scored>): Scorer {
  let requests = 0;
  return {
    score(_body, { observer }) {
      observer?.onBegun();
      return score(++requests);
    },
  };
}

for (const [kind, headers] of [
  ["JSON", ""],
  ["events", "Accept: text/event-stream\r\n"],
] as const) {
  test(`a client that reads nothing of its ${kind} is let go of, and the log says so`, async (t) => {
    const { app, log, open } = await listen(
      t,
      scorerOf(async () => LARGE),
    );
    const socket = open();
    socket.on("error", () => {}); // it is cut off
    ask(socket, headers);
    await log.logged(STALLED);
    await app.close(); // waits until the connection is over
  });
}

test("a client that reads slowly gets the whole answer, however long it takes", async (t) => {
  const { log, open } = await listen(
    t,
    scorerOf(async () => LARGE),
    SLOW_STALL_MS,
  );
  const socket = open();
  ask(socket, "Connection: close\r\n");
  const beganMs = performance.now();
  let received = 0;
  socket.on("data", (chunk) => {
    const before = Math.floor(received / 2e6);
    received += chunk.length;
    if (Math.floor(received / 2e6) === before) return;
    socket.pause();
    setTimeout(() => socket.resume(), SLOW_STALL_MS / 10);
  });
  await once(socket, "end");
  const tookMs = performance.now() - beganMs;
  t.diagnostic(
    `${received} bytes in ${tookMs.toFixed(0)} ms; a client may take nothing for ${SLOW_STALL_MS} ms`,
  );
  assert.ok(received > 40_000_000);
  assert.ok(tookMs > 1.5 * SLOW_STALL_MS, "or it proves nothing");
  assert.equal(log.lines(STALLED).length, 0);
});

test("an answer in pieces is the array, byte for byte", async (t) => {
  const rows = [
    { prompt: 'é\n\u2028\ud800"', generated_image: "QUJD", nsfw_content_detected: null },
    { prompt: "", generated_image: "", nsfw_content_detected: null, seed: 2 ** 53 - 1 },
  ];
  for (const expected of [rows, rows.slice(0, 1), []]) {
    const { app } = build(t, { scorer: scorerOf(async () => ({ ...SMALL, rows: expected })) });
    const { body, headers } = await post(app, "{}");
    assert.equal(body, JSON.stringify(expected));
    assert.equal(headers["content-type"], "application/json");
  }
});

test("a connection may be silent before an answer, whatever was answered on it and waits behind it", async (t) => {
  const later = createDeferred<Scored>();
  const { open } = await listen(
    t,
    scorerOf(async (n) => (n === 1 ? SMALL : later.promise)),
  );
  const socket = open();
  const all = text(socket);
  ask(socket); // answered at once
  ask(socket); // answered after a silence
  ask(socket, "Connection: close\r\n"); // behind it, likewise
  await sleep(SILENCE_MS);
  later.resolve(SMALL);
  assert.equal((await all).match(/HTTP\/1\.1 200/g)?.length, 3);
});

test("a connection that has its answer is still closed when it is idle for too long", async (t) => {
  const { app, open } = await listen(
    t,
    scorerOf(async () => SMALL),
  );
  app.server.keepAliveTimeout = STALL_MS;
  const socket = open();
  ask(socket);
  assert.match(await text(socket), /HTTP\/1\.1 200/); // ends when the server closes it
});
