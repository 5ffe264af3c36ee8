/** @file The log of a server over a varied session: what it must tell of each request, and what it must never tell. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogRecord } from "../../src/bin/server-process.js";
import { sampleImageFile, sampleMaskFile } from "../support/sample.js";
import { messageOf, oneRowRequest, rowsOf, startReadyServer } from "../support/server-process.js";
import { readEvents } from "../support/server-sent-events.js";
import { UNSCREENED_STAGES } from "../support/unscreened-stages.js";

const PROMPT = "an unmistakable zebra called Ferdinand";
const NEGATIVE = "no purple telescopes whatsoever";
const API_KEY = "key-4711-of-the-caller";
const PIECE_CHARS = 24;

/** Pieces of the text from all over it. */
const piecesOf = (text: string) =>
  Array.from({ length: 20 }, (_, i) => {
    const start = Math.floor((i * (text.length - PIECE_CHARS)) / 19);
    return text.slice(start, start + PIECE_CHARS);
  });

test("a line for each scoring request tells its parameters and times, and no line any content", async (t) => {
  const server = await startReadyServer(t, { MAX_ROWS: "2" });
  const small = { num_inference_steps: 2, height: 64, width: 64 };
  const authorization = { authorization: `Bearer ${API_KEY}` };
  const row = { prompt: PROMPT, negative_prompt: NEGATIVE };
  const parameters = {
    ...small,
    seed: 7,
    scheduler: "DDIM",
    guidance_scale: 3,
    strength: 0.9,
    num_images_per_prompt: 2,
  };
  const good = await server.score(oneRowRequest(parameters, row), { headers: authorization });
  assert.equal(good.status, 200, good.text);
  const long = `${PROMPT} ${"and so on ".repeat(120)}`; // cut with a warning, which quotes it
  const cut = await server.score(oneRowRequest(small, { prompt: long, negative_prompt: NEGATIVE }));
  assert.equal(cut.status, 200, cut.text);
  const refusals: readonly (readonly [unknown, number])[] = [
    [oneRowRequest({ ...small, seed: PROMPT }, row), 400],
    [oneRowRequest(small, { ...row, image: PROMPT }), 400],
    [oneRowRequest({ ...small, num_images_per_prompt: 3 }, row), 400],
    [JSON.stringify(oneRowRequest(small, row)).slice(0, -3), 400],
    [`{"${PROMPT}": `, 400],
  ];
  for (const [body, status] of refusals) {
    const refused = await server.score(body, { headers: authorization });
    assert.equal(refused.status, status, messageOf(refused));
  }
  const query = encodeURIComponent(PROMPT);
  assert.equal((await server.get(`/${query}?key=${API_KEY}`)).status, 404);
  const events = await fetch(`${server.url}/score`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", ...authorization },
    body: JSON.stringify(oneRowRequest(small, row)),
  });
  const names = readEvents(await events.text()).events.map(({ event }) => event);
  assert.equal(names.at(-1), "result");
  for (const path of ["/", "/health/live", "/health/ready", "/metrics"]) await server.get(path);
  assert.equal((await server.process.stop()).code, 0);

  const { records } = server.process;
  const answered = records.filter(({ msg }) => msg === "answered");
  assert.deepEqual(
    answered.map(({ route, status }) => [route, status]),
    [
      ["/score", 200],
      ["/score", 200],
      ...refusals.map(([, status]) => ["/score", status]),
      ["unknown", 404],
      ["/score", 200],
    ],
  );
  assertTold(answered[0]);
  assert.deepEqual(
    answered.slice(2).map(({ code }) => code),
    [
      "INVALID_INPUT",
      "INVALID_INPUT",
      "INVALID_INPUT",
      "BODY_NOT_JSON",
      "BODY_NOT_JSON",
      "NOT_FOUND",
      undefined,
    ],
  );
  const log = records.map((record) => JSON.stringify(record)).join("\n");
  const generated = rowsOf(good).map(({ generated_image }) => generated_image);
  const contents = [sampleImageFile, sampleMaskFile].map((file) => file.toString("base64"));
  for (const secret of [PROMPT, query, NEGATIVE, API_KEY, ...[...contents, ...generated].flatMap(piecesOf)]) {
    assert.ok(!log.includes(secret), `the log holds ${secret}`);
  }
  assert.ok(!/"(?:remoteAddress|ip|host)":"127/.test(answered.map((line) => JSON.stringify(line)).join()));
});

function assertTold(line: LogRecord | undefined): void {
  assert.ok(line !== undefined);
  const { reqId, method, priority, rows, images, parameters, stagesMs, bytesIn, bytesOut, ms } = line;
  assert.equal(typeof reqId, "string");
  assert.deepEqual(
    { method, priority, rows, images },
    { method: "POST", priority: "online", rows: 1, images: 2 },
  );
  assert.deepEqual(parameters, [
    {
      numInferenceSteps: 2,
      guidanceScale: 3,
      strength: 0.9,
      seed: 7,
      images: 2,
      promptChars: PROMPT.length,
      negativePromptChars: NEGATIVE.length,
      scheduler: "DDIM",
      height: 64,
      width: 64,
    },
  ]);
  assert.ok(typeof stagesMs === "object" && stagesMs !== null);
  assert.deepEqual(Object.keys(stagesMs), UNSCREENED_STAGES);
  const least = JSON.stringify(oneRowRequest({}, { prompt: PROMPT })).length;
  assert.ok(typeof bytesIn === "number" && bytesIn > least && bytesIn < least + 500, `${bytesIn}`);
  assert.ok(typeof bytesOut === "number" && bytesOut > 1000, `${bytesOut}`);
  assert.ok(typeof ms === "number" && Object.values(stagesMs).every((stage) => stage <= ms + 1));
}
