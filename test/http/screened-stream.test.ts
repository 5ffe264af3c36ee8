/** @file What a caller gets of a screened request over HTTP: plain, as a stream of events, and within predictions. */
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { test } from "node:test";
import { createDeferred } from "../../src/async/deferred.js";
import type { Verdict } from "../../src/scoring/ports.js";
import {
  ALLOWED,
  type Asked,
  CountingRunner,
  isResult,
  outage,
  ScriptedScreener,
  screenedScorer,
  silence,
  VIOLENT,
} from "../scoring/scripted-screener.js";
import { dataOf, readEvents } from "../support/server-sent-events.js";
import { assertRefused, build, JSON_TYPE, post, ROW } from "./test-app.js";

const EVENTS = { ...JSON_TYPE, accept: "text/event-stream" };
const BODY = JSON.stringify({ input_data: { data: [{ ...ROW, seed: 3, details: true }] } });

function appOf(t: Parameters<typeof build>[0], screener: ScriptedScreener) {
  const { scorer, runner } = screenedScorer(screener);
  return { ...build(t, { scorer }), runner };
}

const PATHS = ["/score", "/invocations", "/v1/models/stable-diffusion-2-inpainting:predict"];

test("a blocked request is answered {} as JSON, on every path, to whoever asks for events too", async (t) => {
  const { app, log, runner } = appOf(t, new ScriptedScreener(({ text }) => (text ? VIOLENT : ALLOWED)));
  for (const url of PATHS) {
    for (const headers of [JSON_TYPE, EVENTS]) {
      const reply = await app.inject({ method: "POST", url, payload: BODY, headers });
      assert.equal(reply.statusCode, 200);
      assert.equal(reply.headers["content-type"], "application/json");
      assert.equal(reply.body, "{}");
      assert.equal(reply.headers["x-inpaint-seeds"], undefined);
      assert.equal(reply.headers["x-ms-run-function-failed"], "False");
    }
  }
  assert.equal(runner.runs.length, 0);
  assert.equal(log.lines("content safety refused the request").length, 6);
});

test("a stream does not begin before the input was screened", async (t) => {
  const verdict = createDeferred<Verdict>();
  const screener = new ScriptedScreener((asked) => (isResult(asked) ? ALLOWED : verdict.promise));
  const { app, runner } = appOf(t, screener);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  let begun = false;
  const reply = fetch(`${url}/score`, { method: "POST", headers: EVENTS, body: BODY }).then((response) => {
    begun = true;
    return response;
  });
  while (screener.asked.length < 4) await new Promise(setImmediate);
  assert.equal((await fetch(`${url}/health/live`)).status, 200, "whatever was written by now has come");
  assert.equal(begun, false);
  assert.equal(runner.runs.length, 0);
  verdict.resolve(ALLOWED);
  const response = await reply;
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.equal(readEvents(await response.text()).events.at(-1)?.event, "result");
});

test("a client that hangs up while its input is screened cancels the checks", async (t) => {
  const screener = new ScriptedScreener(silence);
  const { app } = appOf(t, screener);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  for (const [n, headers] of [JSON_TYPE, EVENTS].entries()) {
    const client = httpRequest(`${url}/score`, { method: "POST", headers });
    client.on("error", () => {}).end(BODY);
    while (screener.asked.length < 4 * (n + 1)) await new Promise(setImmediate);
    client.destroy();
    while (screener.cancelled < 4 * (n + 1)) await new Promise(setImmediate);
  }
});

test("without a verdict on the input a stream is a plain 503", async (t) => {
  const { app } = appOf(t, new ScriptedScreener(outage));
  for (const headers of [JSON_TYPE, EVENTS]) {
    const reply = await post(app, BODY, headers);
    assertRefused(reply, 503, "the service is not there");
    assert.equal(reply.headers["retry-after"], "7");
    assert.equal(reply.headers["x-ms-run-function-failed"], "False");
  }
});

test("of a blocked result the stream's last event has the row without its image", async (t) => {
  const { app } = appOf(t, new ScriptedScreener((asked: Asked) => (isResult(asked) ? VIOLENT : ALLOWED)));
  const { events } = readEvents((await post(app, BODY, EVENTS)).body);
  const [rows] = dataOf(events, "result");
  assert.deepEqual(rows, [
    { prompt: "a cat", generated_image: "", nsfw_content_detected: true, seed: 3, warnings: [] },
  ]);
});

test("without a verdict on an image the stream ends with an error and has none, nor a preview", async (t) => {
  const screener = new ScriptedScreener((asked) => (isResult(asked) ? outage() : ALLOWED));
  const runner = new CountingRunner();
  const { scorer } = screenedScorer(screener, { runner });
  const { app } = build(t, { scorer });
  const { events } = readEvents((await post(app, BODY, EVENTS)).body);
  assert.deepEqual(
    events.map(({ event }) => event),
    ["error"],
  );
  assert.deepEqual(dataOf(events, "error"), [
    {
      status: 503,
      headers: { "x-ms-run-function-failed": "False", "retry-after": "7" },
      body: { message: "the service is not there" },
    },
  ]);
  assert.equal(runner.runs[0]?.options.previews, false);
});
