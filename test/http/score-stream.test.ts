/**
 * @file `POST /score` with a stream of events, and its time limit, through the whole application. The scorers here end
 * when a test says so; the engine behind HTTP is tested in test/server.
 */
import assert from "node:assert/strict";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { createDeferred } from "../../src/async/deferred.js";
import { type ErrorCode, InpaintError, type InpaintErrorOptions } from "../../src/errors/inpaint-error.js";
import { SERVER_FAULT_MESSAGE } from "../../src/http/answer/error-reply.js";
import type { Scored, ScoreOptions, Scorer } from "../../src/scoring/score.js";
import { dataOf, readEvents } from "../support/server-sent-events.js";
import { assertRefused, build, JSON_TYPE, post, ROW } from "./test-app.js";

const EVENTS = { ...JSON_TYPE, accept: "text/event-stream" };
const BODY = JSON.stringify({ input_data: { data: [ROW] } });
const ROWS = [{ prompt: "é\n\u2028", generated_image: "QUJD", nsfw_content_detected: null }];
const SCORED: Scored = { rows: ROWS, seeds: [7], warnings: [], failures: [], blocked: false };

/** A scorer whose request the test holds: it begins, and ends when the test says so or the signal aborts. */
function heldScorer() {
  const begun = createDeferred<ScoreOptions>();
  const answer = createDeferred<Scored>();
  const aborted = createDeferred<void>();
  const scorer: Scorer = {
    score(_body, options) {
      options.signal.addEventListener("abort", () => {
        aborted.resolve();
        answer.reject(new InpaintError("CANCELLED", "cancelled"));
      });
      options.observer?.onBegun();
      begun.resolve(options);
      return answer.promise;
    },
  };
  return { scorer, begun: begun.promise, answer, aborted: aborted.promise };
}

async function listen(t: TestContext, scorer: Scorer, env: Readonly<Record<string, string>> = {}) {
  const built = build(t, { scorer, env });
  return { ...built, url: new URL("/score", await built.app.listen({ host: "127.0.0.1", port: 0 })) };
}

/** Fulfilled with the head of the answer. */
function open(url: URL, headers: Readonly<Record<string, string>> = EVENTS): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "POST", headers }, resolve);
    request.on("error", reject);
    request.end("{}");
  });
}

test("a client that is gone before its stream begins has one line, and none of an error", async (t) => {
  const scorer: Scorer = {
    score: (_body, { signal, observer }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          observer?.onBegun();
          setTimeout(() => reject(new InpaintError("CANCELLED", "cancelled")));
        });
        setImmediate(() => request.destroy());
      }),
  };
  const { url, log, metrics } = await listen(t, scorer);
  const request = httpRequest(url, { method: "POST", headers: EVENTS });
  request.on("error", () => {}); // the reset is ours
  request.end("{}");
  await log.logged("the stream ends with an error");
  assert.equal(log.lines("the client went away").length, 1);
  assert.deepEqual(log.lines("request failed"), []);
  assert.deepEqual(
    (await metrics.errors.get()).values.map(({ labels }) => labels.code),
    ["CANCELLED"],
  );
});

test("the head of a stream comes with the first job, and says that nobody may store or buffer it", async (t) => {
  const { scorer, begun, answer } = heldScorer();
  const response = await open((await listen(t, scorer)).url);
  await begun;
  assert.equal(response.statusCode, 200);
  const { headers } = response;
  assert.equal(headers["content-type"], "text/event-stream; charset=utf-8");
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["x-accel-buffering"], "no");
  answer.resolve(SCORED);
  const { events } = readEvents(await text(response));
  assert.deepEqual(events, [
    { event: "seeds", data: "[7]" },
    { event: "result", data: JSON.stringify(ROWS) },
  ]);
});

test("what is refused before the jobs begin is a plain answer", async (t) => {
  const { app } = build(t);
  const bad = JSON.stringify({ input_data: { data: [{ ...ROW, image: "%" }] } });
  assertRefused(await post(app, bad, EVENTS), 400, /^data\[0\]\.image: not base64/);
  assertRefused(await post(app, "{bad", EVENTS), 400, /could not be decoded as JSON/);
  assertRefused(await post(app, BODY, { ...EVENTS, "content-type": "text/plain" }), 415, /Content-Type/);
  const full: Scorer = {
    score: async () => {
      throw new InpaintError("QUEUE_FULL", "no room for 41 s", { retryAfterMs: 40_500 });
    },
  };
  const reply = await post(build(t, { scorer: full }).app, BODY, EVENTS);
  assertRefused(reply, 429, "no room for 41 s");
  assert.equal(reply.headers["retry-after"], "41");
});

test("an error after the stream began is an event with the plain answer's status, headers and body", async (t) => {
  const told = async (code: ErrorCode, options?: InpaintErrorOptions) => {
    const { scorer, begun, answer } = heldScorer();
    const { app, log } = build(t, { scorer });
    const reply = post(app, BODY, EVENTS);
    await begun;
    answer.reject(new InpaintError(code, "at /secret/path", options));
    const { statusCode, body } = await reply;
    assert.equal(statusCode, 200);
    const { events } = readEvents(body);
    assert.equal(events.length, 1, "neither seeds nor a result");
    return { error: dataOf(events, "error")[0], log };
  };
  assert.deepEqual((await told("SHUTTING_DOWN")).error, {
    status: 503,
    body: { message: "at /secret/path" },
    headers: { "retry-after": "5", "x-ms-run-function-failed": "False" },
  });
  const { error, log } = await told("WORKER_LOST");
  assert.deepEqual(error, {
    status: 500,
    body: { message: SERVER_FAULT_MESSAGE },
    headers: { "x-ms-run-function-failed": "True" },
  });
  assert.match(JSON.stringify(await log.logged("request failed")), /\/secret\/path/);
});

test("a silent stream shows every 15 s that it lives", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { scorer, begun, answer } = heldScorer();
  const response = await open((await listen(t, scorer)).url);
  await begun;
  const all = text(response);
  for (let i = 0; i < 2; i++) {
    const arrived = new Promise((resolve) => response.once("data", resolve));
    t.mock.timers.tick(15_000);
    await arrived;
  }
  answer.resolve(SCORED);
  const { comments } = readEvents(await all);
  assert.deepEqual(
    comments.filter((comment) => comment.includes("keep")),
    [": keep-alive", ": keep-alive"],
  );
});

test("a client that hangs up while it listens aborts its jobs", async (t) => {
  const { scorer, begun, aborted } = heldScorer();
  const { url, app } = await listen(t, scorer);
  const response = await open(url);
  response.on("error", () => {}); // the reset is ours
  await begun;
  response.destroy();
  await aborted;
  await app.close(); // waits for connections: none is left
});

test("a client that does not read gets the newest progress and the whole result when it does", async (t) => {
  const { scorer, begun, answer } = heldScorer();
  const { url } = await listen(t, scorer);
  const response = await open(url);
  response.pause();
  const { observer } = await begun;
  assert.ok(observer !== undefined);
  const preview = new Uint8Array(3_000_000);
  const calls = 200;
  for (let call = 1; call <= calls; call++) {
    observer.onProgress({ row: 0, image: 0 }, { call, calls, preview });
    await new Promise(setImmediate);
  }
  const large = "A".repeat(5_000_000);
  answer.resolve({ ...SCORED, rows: [{ prompt: "", generated_image: large, nsfw_content_detected: null }] });
  await new Promise(setImmediate);
  const { events } = readEvents(await text(response));
  const progress = dataOf(events, "progress");
  assert.ok(progress.length < calls / 2, `${progress.length} events of ${calls} calls were kept`);
  t.diagnostic(
    `${progress.length} of ${calls} progress events of 4 MB were sent to a client that did not read`,
  );
  assert.deepEqual(dataOf(events, "result"), [
    [{ prompt: "", generated_image: large, nsfw_content_detected: null }],
  ]);
});

test("a stream that ends while the server closes does not hold it up", async (t) => {
  const { scorer, begun, answer } = heldScorer();
  const { url, app } = await listen(t, scorer);
  const response = await open(url);
  assert.equal(response.headers.connection, "close");
  await begun;
  const closed = app.close();
  answer.resolve(SCORED);
  assert.equal(readEvents(await text(response)).events.at(-1)?.event, "result");
  await closed;
});

test("priority and deadline reach the scorer; headers that say nonsense never do", async (t) => {
  const { scorer, begun, answer } = heldScorer();
  const { app } = build(t, { scorer });
  const beforeMs = performance.now();
  const reply = post(app, BODY, {
    ...JSON_TYPE,
    "x-inpaint-priority": "batch",
    "x-inpaint-timeout-ms": "60000",
  });
  const { priority, deadlineMs } = await begun;
  const afterMs = performance.now();
  answer.resolve(SCORED);
  assert.equal((await reply).statusCode, 200);
  assert.equal(priority, "batch");
  assert.ok(deadlineMs >= beforeMs + 60_000 && deadlineMs <= afterMs + 60_000);

  const refusing = build(t).app;
  const nonsense = { ...JSON_TYPE, "x-inpaint-timeout-ms": "soon" };
  assertRefused(
    await post(refusing, BODY, nonsense),
    400,
    'header x-inpaint-timeout-ms: expected a whole number of milliseconds, at least 1, got "soon"',
  );
  assertRefused(
    await post(refusing, BODY, { ...EVENTS, "x-inpaint-priority": "urgent" }),
    400,
    'header x-inpaint-priority: expected online or batch, got "urgent"',
  );
});

test("when the time is over the answer is a 500 in Azure ML's words, even if the scorer does not stop", async (t) => {
  const deaf: Scorer = { score: () => new Promise(() => {}) };
  const asked = build(t, { scorer: deaf, env: { SCORING_TIMEOUT_MS: "60000" } });
  const limited = await post(asked.app, BODY, { ...JSON_TYPE, "x-inpaint-timeout-ms": "30" });
  assertRefused(limited, 500, "Scoring timeout after 30 ms");
  await asked.log.logged("request failed");

  const { app } = build(t, { scorer: deaf, env: { SCORING_TIMEOUT_MS: "20" } });
  const cut = await post(app, BODY, { ...JSON_TYPE, "x-inpaint-timeout-ms": "60000" });
  assertRefused(cut, 500, "Scoring timeout after 20 ms");
});

test("when the time is over the jobs are aborted, and their own words do not matter", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { scorer, aborted } = heldScorer();
  const { url } = await listen(t, scorer);
  const response = await open(url, { ...EVENTS, "x-inpaint-timeout-ms": "300" });
  t.mock.timers.tick(300);
  await aborted; // a connection that was answered aborts nothing
  assert.deepEqual(dataOf(readEvents(await text(response)).events, "error"), [
    {
      status: 500,
      body: { message: "Scoring timeout after 300 ms" },
      headers: { "x-ms-run-function-failed": "True" },
    },
  ]);
});

test("the clock runs while the body arrives, and the answer does not wait for it", async (t) => {
  const { url } = await listen(t, heldScorer().scorer, { SCORING_TIMEOUT_MS: "50" });
  const socket = connect(Number(url.port), url.hostname);
  socket.write(
    "POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
  );
  const [chunk]: readonly unknown[] = await new Promise((resolve) =>
    socket.once("data", (...data: readonly unknown[]) => resolve(data)),
  );
  socket.destroy();
  assert.match(String(chunk), /^HTTP\/1\.1 500 .*\{"message":"Scoring timeout after 50 ms"\}$/s);
});
