/** @file The rows of the answer: several images of a row, details, failures of single rows, file formats. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import sharp from "sharp";
import { type ErrorCode, InpaintError } from "../../src/errors/inpaint-error.js";
import type { JobRunner } from "../../src/scoring/ports.js";
import { SCORING_RESPONSE_SCHEMA } from "../../src/scoring/wire-types.generated.js";
import { echoingRunner, NO_TIMES, runnerOf, unreachableRunner } from "./job-runners.js";
import { asSent, body, codec, IMAGE, MASK, options, row, scorer } from "./scoring.js";

const isResponse = new Ajv2020({ strict: true }).compile(SCORING_RESPONSE_SCHEMA);
const THREE_KEYS = ["prompt", "generated_image", "nsfw_content_detected"];

async function score(runner: JobRunner, data: readonly unknown[], parameters: object = {}) {
  const scored = await scorer(runner).score(body(data, parameters), options);
  const rows = asSent(scored.rows);
  assert.ok(isResponse(rows), JSON.stringify(isResponse.errors));
  return { ...scored, rows };
}

/** Fails the jobs with the prompt "bad", each with `failure`; echoes the others. */
const failingRunner = (failure: unknown): JobRunner =>
  runnerOf(async ({ prompt, image }) => {
    if (prompt === "bad") throw failure;
    return { image, times: NO_TIMES, warnings: [] };
  });

test("a row with several images has as many rows in the answer, with seeds that count up", async () => {
  const { runner, jobs } = echoingRunner(4);
  const data = [row("a", { num_images_per_prompt: 3, seed: 7 }), row("b")];
  const { rows, seeds } = await score(runner, data, { num_images_per_prompt: 1, seed: 100 });
  assert.deepEqual(
    rows.map(({ prompt }) => prompt),
    ["a", "a", "a", "b"],
  );
  assert.deepEqual(seeds, [7, 8, 9, 100]);
  assert.deepEqual(
    jobs.map(({ seed }) => seed),
    seeds,
  );
  for (const answer of rows) assert.deepEqual(Object.keys(answer), THREE_KEYS);
});

test("after the largest seed comes 0", async () => {
  const largest = Number.MAX_SAFE_INTEGER;
  const data = [row("a", { num_images_per_prompt: 3, seed: largest - 1 })];
  const { seeds } = await score(echoingRunner(3).runner, data);
  assert.deepEqual(seeds, [largest - 1, largest, 0]);
});

test("a drawn seed counts up like a given one", async () => {
  const { seeds } = await score(echoingRunner(2).runner, [row("a", { num_images_per_prompt: 2 })]);
  assert.equal(seeds[1], (seeds[0] ?? Number.NaN) + 1);
});

test("with details a row tells its seed, its warnings and the time of each stage", async () => {
  const { runner } = echoingRunner(3, ["the prompt was cut"]);
  const data = [row("a", { seed: 5, num_images_per_prompt: 2 }), row("b", { details: false })];
  const { rows } = await score(runner, data, { details: true });
  for (const [j, answer] of rows.slice(0, 2).entries()) {
    assert.deepEqual(Object.keys(answer), [...THREE_KEYS, "seed", "warnings", "timings"]);
    assert.equal(answer.seed, 5 + j);
    assert.deepEqual(answer.warnings, ["the prompt was cut"]);
    const { imageDecode = 0, imageEncode = 0, ...ofJob } = answer.timings ?? {};
    assert.ok(imageDecode > 0 && imageEncode > 0);
    assert.deepEqual(ofJob, NO_TIMES);
  }
  assert.deepEqual(Object.keys(rows[2] ?? {}), THREE_KEYS);
});

for (const [code, message] of [
  ["NON_FINITE_OUTPUT", /not finite/],
  ["INFERENCE_FAILED", /^The model failed on this row\. Check the logs for more info\.$/],
] as const) {
  test(`${code} is told by its row alone, and the other rows are whole`, async () => {
    const failure = new InpaintError(code, "at /secret/path: the words are for the log");
    const data = [row("a"), row("bad", { num_images_per_prompt: 2, seed: 3 }), row("c")];
    const { rows, seeds, failures } = await score(failingRunner(failure), data);
    assert.equal(seeds.length, 4);
    assert.deepEqual(failures, [failure, failure]);
    for (const answer of rows.slice(1, 3)) {
      assert.deepEqual(Object.keys(answer), [...THREE_KEYS, "error"]);
      assert.equal(answer.generated_image, "");
      assert.equal(answer.error?.code, code);
      assert.match(answer.error?.message ?? "", message);
      assert.doesNotMatch(JSON.stringify(answer), /secret/);
    }
    for (const i of [0, 3]) {
      assert.deepEqual(Object.keys(rows[i] ?? {}), THREE_KEYS);
      assert.ok((rows[i]?.generated_image.length ?? 0) > 1000);
    }
    const detailed = await score(failingRunner(failure), [row("bad", { seed: 3 })], { details: true });
    assert.deepEqual(Object.keys(detailed.rows[0] ?? {}), [...THREE_KEYS, "error", "seed", "warnings"]);
    assert.equal(detailed.rows[0]?.seed, 3);
  });
}

const OF_THE_REQUEST: readonly ErrorCode[] = [
  "NOT_READY",
  "QUEUE_FULL",
  "WORKER_LOST",
  "SHUTTING_DOWN",
  "CANCELLED",
  "INVALID_CHECKPOINT",
];
for (const code of OF_THE_REQUEST) {
  test(`${code} fails the request`, async () => {
    const runner = failingRunner(new InpaintError(code, "no"));
    await assert.rejects(score(runner, [row("a"), row("bad")]), { code, message: "no" });
  });
}

test("what only the pipeline finds wrong with a row fails the request, and names the row", async () => {
  const runner = failingRunner(new InpaintError("INVALID_INPUT", "padding_mask_crop: too thin"));
  await assert.rejects(score(runner, [row("a"), row("bad")]), {
    code: "INVALID_INPUT",
    message: "data[1]: padding_mask_crop: too thin",
  });
});

test("an error that is none of ours fails the request", async () => {
  await assert.rejects(score(failingRunner(new TypeError("a bug")), [row("bad")]), TypeError);
});

for (const format of ["png", "jpeg", "webp"] as const) {
  test(`the image is a ${format} when that is asked for`, async () => {
    const data = [row("a", { output_format: format })];
    const { rows } = await score(echoingRunner(1).runner, data);
    const file = Buffer.from(rows[0]?.generated_image ?? "", "base64");
    assert.equal((await sharp(file).metadata()).format, format);
  });
}

test("the quality that is asked for is the file's", async () => {
  const sizeAt = async (output_quality: number) => {
    const data = [row("a", { output_format: "jpeg", output_quality })];
    const { rows } = await score(echoingRunner(1).runner, data);
    return rows[0]?.generated_image.length ?? 0;
  };
  assert.ok((await sizeAt(20)) < (await sizeAt(90)) / 2);
});

/** The photograph as a JPEG with an orientation in its EXIF. */
const turned = async (orientation: number) =>
  (
    await sharp(Buffer.from(IMAGE, "base64")).resize(40, 20).withMetadata({ orientation }).jpeg().toBuffer()
  ).toString("base64");

test("image and mask are turned by exif_transpose, each by its own orientation", async () => {
  const { runner, jobs } = echoingRunner(2);
  const pictures = { image: await turned(6), mask_image: await turned(3) };
  await score(runner, [row("a", { ...pictures, exif_transpose: true }), row("b", pictures)]);
  const sizes = jobs.map(({ image, maskImage }) => [
    image.width,
    image.height,
    maskImage.width,
    maskImage.height,
  ]);
  assert.deepEqual(sizes, [
    [20, 40, 40, 20],
    [40, 20, 40, 20],
  ]);
  assert.notDeepEqual(jobs[0]?.maskImage.data, jobs[1]?.maskImage.data);
});

test("an orientation that is ignored is warned of, with the field it stands in", async () => {
  const pictures = { image: await turned(6), mask_image: await turned(8) };
  const asked = [row("a", pictures), row("b", { ...pictures, exif_transpose: true }), row("c")];
  const { rows, warnings } = await score(echoingRunner(3).runner, asked, { details: true });
  assert.deepEqual(rows[0]?.warnings, [
    "image: its EXIF orientation 6 was ignored; exif_transpose true turns it",
    "mask_image: its EXIF orientation 8 was ignored; exif_transpose true turns it",
  ]);
  assert.deepEqual([rows[1]?.warnings, rows[2]?.warnings], [[], []]);
  assert.deepEqual(
    warnings,
    rows[0].warnings.map((warning) => `data[0]: ${warning}`),
  );
});

test("a result too long for a WebP is refused before its job runs", async () => {
  const data = new Uint8Array(16_384 * 3);
  const ribbon = await codec.encode({ width: 16_384, height: 1, data }, { format: "png" });
  const image = Buffer.from(ribbon).toString("base64");
  const asked = { prompt: "a", image, mask_image: MASK, padding_mask_crop: 8 };
  await assert.rejects(score(unreachableRunner, [{ ...asked, output_format: "webp" }]), {
    code: "INVALID_INPUT",
    message:
      "data[0].output_format: webp holds at most 16383 pixels an edge, and the result would have the image's 16384×1",
  });
  const { rows } = await score(echoingRunner(1).runner, [{ ...asked, output_format: "jpeg" }]);
  assert.ok((rows[0]?.generated_image.length ?? 0) > 0);
});
