/** @file The images of an answer, screened before they leave: what is blocked, unscreened or without a verdict. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { RequestRecord } from "../../src/observability/request-record.js";
import { SCORING_RESPONSE_SCHEMA } from "../../src/scoring/wire-types.generated.js";
import { asSent, body, codec, options, row, scorer } from "./scoring.js";
import {
  ALLOWED,
  type Asked,
  CountingRunner,
  isResult,
  outage,
  pictureOf,
  ScriptedScreener,
  screenedScorer,
  seedOf,
  silence,
  UNSCREENED,
  VIOLENT,
} from "./scripted-screener.js";

const isResponse = new Ajv2020({ strict: true }).compile(SCORING_RESPONSE_SCHEMA);
const isResultOf = (seed: number) => (asked: Asked) => isResult(asked) && seedOf(asked.image) === seed;

const answerOf = async (response: "azureml" | "detailed", parameters: object = {}) => {
  const isBad = isResultOf(2);
  const { scorer } = screenedScorer(new ScriptedScreener((asked) => (isBad(asked) ? VIOLENT : ALLOWED)), {
    response,
  });
  return scorer.score(
    body([row("a", { seed: 1 }), row("b", { seed: 2 }), row("c", { seed: 3 })], parameters),
    {
      ...options,
    },
  );
};

test("a blocked result leaves its row without an image, and the other rows as they are", async () => {
  const { blocked, rows, seeds } = await answerOf("azureml");
  assert.equal(blocked, false);
  assert.deepEqual(seeds, [1, 2, 3]);
  const sent = asSent(rows);
  assert.deepEqual(sent[1], { prompt: "b", generated_image: "", nsfw_content_detected: true });
  for (const [i, seed] of [
    [0, 1],
    [2, 3],
  ] as const) {
    assert.equal(sent[i]?.nsfw_content_detected, false);
    assert.deepEqual(
      await codec.decode(Buffer.from(sent[i]?.generated_image ?? "", "base64")),
      pictureOf(seed),
    );
  }
  assert.ok(isResponse(sent), JSON.stringify(isResponse.errors));
});

test("detailed: a blocked result says why in its row", async () => {
  const sent = asSent((await answerOf("detailed", { details: true })).rows);
  assert.ok(isResponse(sent), JSON.stringify(isResponse.errors));
  assert.deepEqual(sent[1], {
    prompt: "b",
    generated_image: "",
    nsfw_content_detected: true,
    error: {
      code: "CONTENT_BLOCKED",
      message: "generated_image was refused by Azure AI Content Safety: Violence, severity 4",
      field: "generated_image",
      category: "Violence",
      severity: 4,
    },
    seed: 2,
    warnings: [],
  });
  assert.deepEqual(
    sent.map(({ error }) => error === undefined),
    [true, false, true],
  );
});

test("of a row's images only the blocked one is missing", async () => {
  const isBad = isResultOf(6);
  const { scorer } = screenedScorer(new ScriptedScreener((asked) => (isBad(asked) ? VIOLENT : ALLOWED)));
  const { rows } = await scorer.score(body([row("a", { seed: 5 })], { num_images_per_prompt: 3 }), options);
  assert.deepEqual(
    asSent(rows).map(({ generated_image, nsfw_content_detected }) => [
      generated_image === "",
      nsfw_content_detected,
    ]),
    [
      [false, false],
      [true, true],
      [false, false],
    ],
  );
});

for (const [what, isIt] of [
  ["prompt", ({ text }: Asked) => text === "a"],
  ["mask", ({ image }: Asked) => image?.width === 512],
  ["result", isResult],
] as const) {
  test(`unscreened ${what}: the image is returned with null and a warning, which is no finding`, async () => {
    const screener = new ScriptedScreener((asked) => (isIt(asked) ? UNSCREENED : ALLOWED));
    const { scorer } = screenedScorer(screener);
    const answer = await scorer.score(body([row("a", { details: true })]), options);
    const [made] = asSent(answer.rows);
    assert.ok(made !== undefined && made.generated_image.length > 50);
    assert.equal(made.nsfw_content_detected, null);
    const warning = "content safety could not be asked, and this server lets that pass: nobody looked at it";
    assert.deepEqual(made.warnings, [warning]);
    assert.deepEqual(answer.warnings, [`data[0]: ${warning}`]);
  });
}

test("unscreened in one part and blocked in another is blocked", async () => {
  const screener = new ScriptedScreener(({ text }) => (text === "a" ? VIOLENT : UNSCREENED));
  const { scorer } = screenedScorer(screener);
  assert.equal((await scorer.score(body([row("a")]), options)).blocked, true);
});

test("where nothing is screened the flag is null, and no screening is timed", async () => {
  const { rows } = await scorer(new CountingRunner()).score(body([row("a", { details: true })]), options);
  assert.equal(rows[0]?.nsfw_content_detected, null);
  assert.equal(rows[0]?.timings && "screening" in rows[0].timings, false);
});

test("without a verdict on one image none leaves: the request fails and its other jobs are cancelled", async () => {
  const runner = new CountingRunner((seed) => (seed === 2 ? Promise.resolve() : new Promise(() => {})));
  const screener = new ScriptedScreener((asked) => (isResult(asked) ? outage() : ALLOWED));
  const { scorer, heldPixels } = screenedScorer(screener, { runner });
  const data = [row("a", { seed: 1 }), row("b", { seed: 2 }), row("c", { seed: 3 })];
  await assert.rejects(scorer.score(body(data), options), {
    code: "SCREENING_UNAVAILABLE",
    retryAfterMs: 7000,
  });
  await new Promise(setImmediate);
  assert.equal(runner.runs.length, 3);
  assert.equal(runner.cancelled, 2);
  assert.equal(runner.held, 0);
  assert.equal(await heldPixels(), 0);
});

test("a client that goes while its images are screened cancels those checks", async () => {
  const client = new AbortController();
  const screener = new ScriptedScreener((asked) => (isResult(asked) ? silence() : ALLOWED));
  const { scorer, runner, heldPixels } = screenedScorer(screener);
  const data = [row("a", { seed: 1 }), row("b", { seed: 2 })];
  const answer = scorer.score(body(data), { ...options, signal: client.signal });
  while (screener.asked.filter(isResult).length < 2) await new Promise(setImmediate);
  client.abort();
  await assert.rejects(answer, { code: "CANCELLED" });
  await new Promise(setImmediate);
  assert.equal(screener.cancelled, 2);
  assert.equal(runner.held, 0);
  assert.equal(await heldPixels(), 0);
});

test("an image is not encoded before it was screened", async () => {
  const screener = new ScriptedScreener((asked) => (isResult(asked) ? VIOLENT : ALLOWED));
  const { scorer, stageCount } = screenedScorer(screener);
  await scorer.score(body([row("a"), row("b")]), options);
  assert.equal(await stageCount("imageEncode"), 0);
  assert.equal(await stageCount("screenOutput"), 2);
});

test("the time of both screenings stands in the row, the record and the metrics", async () => {
  const record = new RequestRecord();
  const { scorer, stageCount } = screenedScorer(new ScriptedScreener());
  const { rows } = await scorer.score(body([row("a", { details: true })]), { ...options, record });
  const screening = rows[0]?.timings?.screening;
  assert.ok(screening !== undefined && screening >= 0);
  assert.match(record.serverTiming(), /\bscreening;dur=\d/);
  assert.equal(await stageCount("screenInput"), 1);
  assert.equal(await stageCount("screenOutput"), 1);
});

for (const [what, blocks] of [
  ["request", ({ text }: Asked) => text === "a"],
  ["result", isResult],
] as const) {
  test(`what is blocked was screened for a time: a ${what}`, async () => {
    const record = new RequestRecord();
    const { scorer } = screenedScorer(new ScriptedScreener((asked) => (blocks(asked) ? VIOLENT : ALLOWED)));
    await scorer.score(body([row("a")]), { ...options, record });
    assert.match(record.serverTiming(), /\bscreening;dur=\d/);
    assert.equal(record.imagesMade, 0);
  });
}
