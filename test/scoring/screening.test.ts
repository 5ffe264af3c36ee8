/** @file What of a request is screened before its jobs run, and what becomes of a request that is blocked or cannot be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { RequestRecord } from "../../src/observability/request-record.js";
import { KeptSpan } from "../support/kept-span.js";
import { asSent, body, codec, IMAGE, MASK, options, row, SMALL } from "./scoring.js";
import {
  ALLOWED,
  type Asked,
  CountingRunner,
  isResult,
  LISTED,
  outage,
  ScriptedScreener,
  screenedScorer,
  seedOf,
  silence,
  VIOLENT,
} from "./scripted-screener.js";

const decoded = (text: string) => codec.decode(Buffer.from(text, "base64"));

/** Blocks one text, lets the rest pass. */
const blocking = (prompt: string) =>
  new ScriptedScreener(({ text }) => (text === prompt ? VIOLENT : ALLOWED));

test("prompts are screened as texts, image, mask and results as pixels, and nothing else", async () => {
  const screener = new ScriptedScreener();
  const { scorer } = screenedScorer(screener);
  const data = [
    row("first", { seed: 1, note: "no column of ours" }),
    row("second", { seed: 2, image: SMALL, negative_prompt: "blurry" }),
  ];
  const parameters = { negative_prompt: "ugly", scheduler: "DDIM", details: true };
  await scorer.score(body(data, parameters), options);
  assert.deepEqual([...screener.texts].sort(), ["blurry", "first", "second", "ugly"]);
  const inputs = screener.images.filter((image) => seedOf(image) === undefined);
  assert.equal(inputs.length, 4);
  for (const [sent, times] of [
    [IMAGE, 1],
    [SMALL, 1],
    [MASK, 2],
  ] as const) {
    const pixels = await decoded(sent);
    const same = inputs.filter(
      ({ width, height, data }) =>
        width === pixels.width && height === pixels.height && Buffer.compare(data, pixels.data) === 0,
    );
    assert.equal(same.length, times);
  }
  assert.deepEqual(screener.images.map(seedOf).filter(Number.isInteger).sort(), [1, 2]);
  assert.equal(screener.asked.length, 4 + 4 + 2);
});

test("what is screened of an image is what the model gets: turned where it is turned, no alpha, colours of a mask", async () => {
  const photo = await decoded(SMALL);
  const pixels = sharp(photo.data, { raw: { width: 25, height: 19, channels: 3 } });
  const turned = await pixels.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer();
  const clear = await pixels.clone().ensureAlpha(0).png().toBuffer();
  const screened = async (parameters: object) => {
    const screener = new ScriptedScreener();
    const { scorer } = screenedScorer(screener);
    const data = [
      row("a", { image: turned.toString("base64"), mask_image: clear.toString("base64"), ...parameters }),
    ];
    await scorer.score(body(data), options);
    return screener.images;
  };
  const [upright, mask] = await screened({ exif_transpose: true });
  assert.deepEqual([upright?.width, upright?.height], [19, 25]);
  assert.deepEqual(mask, photo, "what lies under a clear pixel counts: the model sees it");
  const [asStored] = await screened({});
  assert.deepEqual([asStored?.width, asStored?.height], [25, 19]);
});

test("a row is screened once, however many images it asks for, and each of them is", async () => {
  const screener = new ScriptedScreener();
  const { scorer } = screenedScorer(screener);
  await scorer.score(body([row("a", { seed: 5 })], { num_images_per_prompt: 3 }), options);
  assert.deepEqual([...screener.texts].sort(), ["", "a"]);
  assert.equal(screener.images.filter((image) => seedOf(image) === undefined).length, 2);
  assert.deepEqual(screener.images.map(seedOf).filter(Number.isInteger).sort(), [5, 6, 7]);
});

for (const [what, isIt] of [
  ["prompt", ({ text }: Asked) => text === "bad"],
  ["negative_prompt", ({ text }: Asked) => text === "worse"],
  ["image", ({ image }: Asked) => image?.width === 25],
  ["mask_image", ({ image }: Asked) => image?.width === 512],
] as const) {
  const data = [row("bad", { image: SMALL, negative_prompt: "worse" })];

  test(`a blocked ${what} empties the whole answer: no job runs, and nothing stays held`, async () => {
    const screener = new ScriptedScreener((asked) => (isIt(asked) ? VIOLENT : ALLOWED));
    const { scorer, runner, heldPixels, stageCount } = screenedScorer(screener);
    assert.deepEqual(await scorer.score(body(data), options), {
      blocked: true,
      rows: [],
      seeds: [],
      warnings: [],
      failures: [],
    });
    assert.equal(runner.runs.length, 0);
    assert.equal(runner.held, 0);
    assert.equal(await heldPixels(), 0);
    assert.equal(await stageCount("screenInput"), 1);
    assert.equal(await stageCount("screenOutput"), 0);
  });

  test(`detailed: a blocked ${what} is told in its row, and the other rows are made`, async () => {
    const screener = new ScriptedScreener((asked) => (isIt(asked) ? VIOLENT : ALLOWED));
    const { scorer, runner } = screenedScorer(screener, { response: "detailed" });
    const others = what === "mask_image" ? [] : [row("good", { seed: 8 })];
    const answer = await scorer.score(body([...data, ...others], { details: true }), options);
    assert.equal(answer.blocked, false);
    const [refused, ...made] = asSent(answer.rows);
    assert.equal(refused?.generated_image, "");
    assert.equal(refused?.nsfw_content_detected, true);
    assert.deepEqual(refused?.error, {
      code: "CONTENT_BLOCKED",
      message: `${what} was refused by Azure AI Content Safety: Violence, severity 4`,
      field: what,
      category: "Violence",
      severity: 4,
    });
    assert.equal(refused?.timings, undefined);
    assert.deepEqual(
      made.map(({ prompt, nsfw_content_detected, error }) => [prompt, nsfw_content_detected, error]),
      others.map(() => ["good", false, undefined]),
    );
    assert.deepEqual(
      runner.runs.map(({ seed }) => seed),
      others.map(() => 8),
    );
  });
}

test("detailed: a blocklist's hit has no severity", async () => {
  const screener = new ScriptedScreener(({ text }) => (text === "a" ? LISTED : ALLOWED));
  const { scorer } = screenedScorer(screener, { response: "detailed" });
  const [refused] = (await scorer.score(body([row("a")]), options)).rows;
  assert.deepEqual(refused?.error, {
    code: "CONTENT_BLOCKED",
    message: "prompt was refused by Azure AI Content Safety: it is on a blocklist",
    field: "prompt",
    category: "Blocklist",
  });
});

test("one blocked row settles the request: what is asked about the others is cancelled", async () => {
  const screener = new ScriptedScreener(({ text }) => (text === "bad" ? VIOLENT : silence()));
  const { scorer, runner } = screenedScorer(screener);
  const { blocked } = await scorer.score(body([row("a"), row("bad"), row("c")]), options);
  assert.equal(blocked, true);
  assert.equal(screener.cancelled, screener.asked.length - 1);
  assert.equal(runner.runs.length, 0);
});

test("detailed: a blocked part stops what is asked about its row, and about no other row", async () => {
  const screener = new ScriptedScreener(({ text }) => {
    if (text === "bad") return VIOLENT;
    // Told long after the other row was blocked.
    if (text === "good") return new Promise((resolve) => setTimeout(resolve, 30, ALLOWED));
    return text === "never told" ? silence() : ALLOWED;
  });
  const { scorer } = screenedScorer(screener, { response: "detailed" });
  const data = [row("bad", { negative_prompt: "never told" }), row("good")];
  const { rows } = await scorer.score(body(data), options);
  assert.deepEqual(
    rows.map(({ nsfw_content_detected }) => nsfw_content_detected),
    [true, false],
  );
  assert.equal(screener.cancelled, 1);
});

for (const response of ["azureml", "detailed"] as const) {
  test(`${response}: without a verdict no job runs, for no row, and nothing stays held`, async () => {
    const screener = new ScriptedScreener(({ text }) => (text === "b" ? outage() : ALLOWED));
    const { scorer, runner, heldPixels } = screenedScorer(screener, { response });
    await assert.rejects(scorer.score(body([row("a"), row("b"), row("c")]), options), {
      code: "SCREENING_UNAVAILABLE",
      retryAfterMs: 7000,
    });
    assert.equal(runner.runs.length, 0);
    assert.equal(runner.held, 0);
    assert.equal(await heldPixels(), 0);
  });
}

test("a client that goes cancels the checks, and nothing stays held", async () => {
  const client = new AbortController();
  const screener = new ScriptedScreener(silence);
  const { scorer, runner, heldPixels } = screenedScorer(screener);
  const answer = scorer.score(body([row("a"), row("b")]), { ...options, signal: client.signal });
  while (screener.asked.length < 8) await new Promise(setImmediate);
  client.abort();
  await assert.rejects(answer, { code: "CANCELLED" });
  assert.equal(screener.cancelled, 8);
  assert.equal(runner.runs.length, 0);
  assert.equal(runner.held, 0);
  assert.equal(await heldPixels(), 0);
});

test("places are taken before anything is screened: a full queue asks the service nothing", async () => {
  const screener = new ScriptedScreener();
  const runner = new CountingRunner();
  runner.reserve = () => {
    throw new Error("no room");
  };
  await assert.rejects(screenedScorer(screener, { runner }).scorer.score(body([row("a")]), options), /room/);
  assert.equal(screener.asked.length, 0);
});

test("a bad image is the caller's to mend: nothing of such a request is screened", async () => {
  const screener = new ScriptedScreener();
  const { scorer } = screenedScorer(screener);
  const text = Buffer.from("no image").toString("base64");
  await assert.rejects(scorer.score(body([row("a"), row("b", { image: text })]), options), {
    code: "INVALID_INPUT",
  });
  assert.equal(screener.asked.length, 0);
});

test("the jobs are not observed before the input was screened", async () => {
  const order: string[] = [];
  const screener = new ScriptedScreener((asked) => {
    order.push(isResult(asked) ? "result" : "input");
    return ALLOWED;
  });
  const observer = {
    onBegun: () => order.push("begun"),
    onQueued() {},
    onProgress() {},
    onRestarted() {},
    onPreviewFailed() {},
  };
  const { scorer, runner } = screenedScorer(screener);
  await scorer.score(body([row("a")]), { ...options, observer });
  assert.deepEqual(order, ["input", "input", "input", "input", "begun", "result"]);
  assert.deepEqual(
    runner.runs.map(({ options: { previews } }) => previews),
    [false],
    "no previews: nobody looks at them",
  );

  const blocked = screenedScorer(blocking("bad"));
  order.length = 0;
  await blocked.scorer.score(body([row("bad")]), { ...options, observer });
  assert.deepEqual(order, []);
});

test("screening has spans of its own below score, one before the jobs and one for each image", async () => {
  const traced = async (screener: ScriptedScreener) => {
    const root = new KeptSpan("http");
    const { scorer } = screenedScorer(screener);
    const record = new RequestRecord(root);
    const data = body([row("a")], { num_images_per_prompt: 2 });
    await scorer.score(data, { ...options, record }).catch(() => {});
    const [score] = root.named("score");
    assert.ok(score !== undefined);
    assert.ok(score.children.every(({ name, ended }) => name === "screen" && ended === 1));
    return score.children.map(({ attributes, failure }) => [attributes["inpaint.screened"], failure]);
  };
  assert.deepEqual(await traced(new ScriptedScreener()), [
    ["input", undefined],
    ["output", undefined],
    ["output", undefined],
  ]);
  assert.deepEqual(await traced(new ScriptedScreener(({ text }) => (text === "a" ? VIOLENT : ALLOWED))), [
    ["input", undefined],
  ]);
  assert.deepEqual(await traced(new ScriptedScreener(outage)), [["input", "SCREENING_UNAVAILABLE"]]);
  const failing = new ScriptedScreener((asked) => (seedOf(asked.image) === undefined ? ALLOWED : outage()));
  const spans = await traced(failing);
  assert.deepEqual(spans[1], ["output", "SCREENING_UNAVAILABLE"]);
});
