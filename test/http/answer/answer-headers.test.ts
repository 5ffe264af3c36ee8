/** @file Headers of every answer: version, whether scoring failed, how long it took. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { InpaintError } from "../../../src/errors/inpaint-error.js";
import { INTERNAL_FAULT_MESSAGE, SERVER_FAULT_MESSAGE } from "../../../src/http/answer/error-reply.js";
import type { Scorer } from "../../../src/scoring/score.js";
import { assertRefused, build, JSON_TYPE, post } from "../test-app.js";

const FAILED = "x-ms-run-function-failed";

const scorerOf = (score: () => ReturnType<Scorer["score"]>): Scorer => ({
  score: (_body, { observer }) => {
    observer?.onBegun();
    return score();
  },
});
const answering = scorerOf(async () => ({ rows: [], seeds: [], warnings: [], failures: [], blocked: false }));
const throwing = (error: unknown) => scorerOf(() => Promise.reject(error));

test("the version is the package's, unless it is switched off", async (t) => {
  const description: unknown = JSON.parse(
    await readFile(new URL("../../../../package.json", import.meta.url), "utf8"),
  );
  assert.ok(typeof description === "object" && description !== null && "version" in description);
  for (const [value, expected] of [
    ["true", `inpaint-server/${description.version}`],
    ["false", undefined],
  ] as const) {
    const { app } = build(t, { env: { SERVER_VERSION_LOG_RESPONSE_ENABLED: value } });
    for (const reply of [await app.inject("/"), await post(app, "{bad")]) {
      assert.equal(reply.headers["x-ms-server-version"], expected);
    }
  }
});

test("an answer that scored has the time that it took, and did not fail", async (t) => {
  const { app } = build(t, { scorer: answering });
  const reply = await post(app, "{}");
  assert.equal(reply.statusCode, 200);
  assert.match(String(reply.headers["x-ms-run-fn-exec-ms"]), /^\d+\.\d{3}$/);
  assert.equal(reply.headers[FAILED], "False");
});

test("a stream has what is known when it begins", async (t) => {
  const { app } = build(t, { scorer: answering });
  const reply = await post(app, "{}", {
    ...JSON_TYPE,
    accept: "text/event-stream",
    "x-request-id": "A",
    traceid: "t",
  });
  assert.match(String(reply.headers["content-type"]), /^text\/event-stream/);
  assert.deepEqual([reply.headers["x-request-id"], reply.headers.traceid], ["A", "t"]);
  assert.match(String(reply.headers["x-ms-server-version"]), /^inpaint-server\//);
  assert.equal(reply.headers[FAILED], undefined);
});

test("whether scoring failed is on JSON alone, and true only if it did", async (t) => {
  const { app } = build(t);
  assert.equal((await app.inject("/")).headers[FAILED], undefined);
  assert.equal((await app.inject("/metrics")).headers[FAILED], undefined);
  for (const reply of [
    await app.inject("/health/live"),
    await app.inject("/info"), // 503
    await app.inject("/nope"),
    await app.inject("/%zz"),
    await post(app, "{bad"),
    await post(app, "{}", {}),
  ]) {
    assert.equal(reply.headers["content-type"], "application/json");
    assert.equal(reply.headers[FAILED], "False", reply.body);
  }
});

const SECRET = "/models/secret.safetensors";
const SCORED_WITH = [
  ["a time limit", new InpaintError("SCORING_TIMEOUT", "Scoring timeout after 5 ms"), "True"],
  ["a lost worker", new InpaintError("WORKER_LOST", SECRET), "True"],
  ["a bug", new InpaintError("INTERNAL", SECRET), "True"],
  ["an unreadable checkpoint", new InpaintError("INVALID_CHECKPOINT", SECRET), "True"],
  ["anything else", new TypeError(SECRET), "True"],
  ["no error at all", SECRET, "True"],
  ["bad input", new InpaintError("INVALID_INPUT", "data[0].image: missing"), "False"],
  ["a full queue", new InpaintError("QUEUE_FULL", "full"), "False"],
  ["no worker", new InpaintError("NOT_READY", "not yet"), "False"],
  ["a failed screening", new InpaintError("SCREENING_UNAVAILABLE", "not now"), "False"],
] as const;

for (const [what, error, failed] of SCORED_WITH) {
  test(`scoring that ends with ${what} ${failed === "True" ? "failed" : "did not run"}`, async (t) => {
    const { app } = build(t, { scorer: throwing(error) });
    const reply = await post(app, "{}");
    assert.equal(reply.headers[FAILED], failed);
    assert.equal(reply.headers["x-ms-run-fn-exec-ms"], undefined);
    assert.ok(!reply.body.includes(SECRET));
    if (reply.statusCode === 500 && what !== "a time limit") assertRefused(reply, 500, SERVER_FAULT_MESSAGE);
    const events = await post(app, "{}", { ...JSON_TYPE, accept: "text/event-stream" });
    assert.ok(events.body.includes(`"${FAILED}":"${failed}"`), events.body);
    assert.ok(!events.body.includes(SECRET));
  });
}

test("what breaks beside scoring is told in Azure ML's other words", async (t) => {
  const model = () => {
    throw new Error(SECRET);
  };
  const { app, log } = build(t, { model });
  const reply = await app.inject("/info");
  assertRefused(reply, 500, INTERNAL_FAULT_MESSAGE);
  assert.equal(reply.headers[FAILED], "False");
  assert.match(JSON.stringify(await log.logged("request failed")), /secret/);
});
