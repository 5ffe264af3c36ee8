/** @file What a request's record makes of what it is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { RequestRecord } from "../../src/observability/request-record.js";

const ROW = {
  numInferenceSteps: 2,
  guidanceScale: 7.5,
  strength: 1,
  seed: 1,
  images: 1,
  promptChars: 3,
  negativePromptChars: 0,
};

test("images are made side by side, so the longest of each stage stands for all", () => {
  const record = new RequestRecord();
  assert.equal(record.isScored, false);
  record.made({ denoise: 30.04, imageEncode: 2, imageDecode: 5 });
  record.made({ denoise: 20, queue: 11, imageDecode: 5 });
  record.took("screening", 1);
  assert.equal(record.isScored, true);
  assert.match(
    record.serverTiming(),
    /^imageDecode;dur=5\.0, screening;dur=1\.0, queue;dur=11\.0, denoise;dur=30\.0, imageEncode;dur=2\.0, total;dur=\d+\.\d$/,
  );
  const { stagesMs, images } = record.fields;
  assert.deepEqual(stagesMs, { imageDecode: 5, screening: 1, queue: 11, denoise: 30, imageEncode: 2 });
  assert.equal(record.imagesMade, 2);
  assert.equal(images, undefined, "no rows were planned");
});

test("a line lists the parameters of sixteen rows at most", () => {
  const record = new RequestRecord();
  record.plan(Array.from({ length: 40 }, () => ROW));
  const { rows, parameters } = record.fields;
  assert.equal(rows, 40);
  assert.ok(Array.isArray(parameters) && parameters.length === 16);
});

test("the error that was answered counts, and rows that failed beside it", async () => {
  const record = new RequestRecord();
  const failed = Promise.reject(new InpaintError("CANCELLED", "gone"));
  await assert.rejects(record.over(failed), { code: "CANCELLED" });
  assert.deepEqual(record.errors, ["CANCELLED"]);
  record.fail(new InpaintError("SCORING_TIMEOUT", "late"));
  assert.deepEqual(record.errors, ["SCORING_TIMEOUT"]);
  record.fail(new TypeError("a bug"));
  assert.deepEqual(record.fields.code, "INTERNAL");

  const partly = new RequestRecord();
  await partly.over(Promise.resolve({ failures: [new InpaintError("NON_FINITE_OUTPUT", "NaN")] }));
  assert.deepEqual(partly.errors, ["NON_FINITE_OUTPUT"]);
  assert.deepEqual(partly.fields, { rowErrors: ["NON_FINITE_OUTPUT"] });
});
