/** @file Every shape a request may have, and what its rows and parameters come to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { createParameterReader } from "../../src/scoring/parameters.js";
import { Problems } from "../../src/scoring/problems.js";
import type { InpaintParameters } from "../../src/scoring/wire-types.generated.js";
import { COLUMNS, LIMITS, parse, parseInput, ROW, withRow } from "./parsing.js";

/** Prompt, image and mask of each row. */
function texts(input: unknown): unknown {
  const { rows, problems } = parseInput(input);
  problems.throwIfAny();
  return rows.map(({ prompt, image, maskImage }) => [prompt, image?.text, maskImage?.text]);
}

function parametersOf(input: unknown) {
  const { rows, problems } = parseInput(input);
  problems.throwIfAny();
  return rows.map(({ parameters }) => parameters);
}

/** What a row asks for that names nothing. */
const DEFAULTS = {
  job: {
    negativePrompt: "",
    numInferenceSteps: 50,
    guidanceScale: 7.5,
    strength: 1,
    eta: 0,
    clipSkip: 0,
    maskBlur: 0,
    invertMask: false,
    preserveUnmasked: true,
    maskFeather: 4,
  },
  seed: undefined,
  imageCount: 1,
  exifTranspose: false,
  output: { format: "png" },
  details: false,
};

test("the model card's literal request is read: columns say mask, rows say mask_image", () => {
  const card = {
    columns: ["prompt", "image", "mask"],
    data: [
      { prompt: "Face of a yellow cat", image: "image1", mask_image: "mask1" },
      { prompt: "Face of a green cat", image: "image2", mask_image: "mask2" },
    ],
    index: [0, 1],
  };
  assert.deepEqual(texts(card), [
    ["Face of a yellow cat", "image1", "mask1"],
    ["Face of a green cat", "image2", "mask2"],
  ]);
});

test("list rows are read by columns, in whatever order and under either mask name", () => {
  const wanted = [
    ["cat", "IMG", "MASK"],
    ["dog", "IMG", "MASK"],
  ];
  assert.deepEqual(texts({ columns: COLUMNS, data: wanted }), wanted);
  assert.deepEqual(texts({ columns: ["mask", "prompt", "image"], data: [["MASK", "cat", "IMG"]] }), [
    wanted[0],
  ]);
});

test("object and list rows may be mixed, and object rows need no columns", () => {
  assert.deepEqual(texts({ columns: COLUMNS, data: [ROW, ["b", "I", "M"]] }), [
    ["a cat", "IMG", "MASK"],
    ["b", "I", "M"],
  ]);
  assert.deepEqual(texts({ data: [ROW] }), [["a cat", "IMG", "MASK"]]);
  assert.deepEqual(texts({ columns: null, index: null, parameters: null, data: [ROW] }), [
    ["a cat", "IMG", "MASK"],
  ]);
});

test("mask_image wins over mask, unless it is null", () => {
  assert.deepEqual(texts(withRow({ mask: "OTHER" })), [["a cat", "IMG", "MASK"]]);
  assert.deepEqual(texts(withRow({ mask_image: null, mask: "OTHER" })), [["a cat", "IMG", "OTHER"]]);
});

test("an image is named by the column it came in", () => {
  const { rows } = parseInput({ data: [{ prompt: "", image: "I", mask: "M" }] });
  assert.deepEqual(rows[0]?.image, { where: "data[0].image", text: "I" });
  assert.deepEqual(rows[0]?.maskImage, { where: "data[0].mask", text: "M" });
});

test("any index of the right length is accepted", () => {
  for (const index of [
    ["b", "a"],
    [7, 7],
    [5, 3],
  ]) {
    assert.equal(parseInput({ data: [ROW, ROW], index }).rows.length, 2);
  }
});

test("unknown columns are ignored, and so are other keys of the body", () => {
  assert.deepEqual(texts(withRow({ id: 7, "": [], constructor: 1 })), [["a cat", "IMG", "MASK"]]);
  const { problems } = parse({ input_data: withRow({}), signature_name: "x", data: 1, columns: {} });
  problems.throwIfAny();
});

test("without parameters a row has the defaults", () => {
  assert.deepEqual(parametersOf(withRow({})), [DEFAULTS]);
});

test("the operator's scheduler stands where the caller names none", () => {
  const reader = createParameterReader({ ...LIMITS, defaultScheduler: "DDIM" });
  const scheduler = (common: InpaintParameters) =>
    reader.resolve(common, {}, (name) => name, new Problems())?.job.scheduler;
  assert.equal(scheduler({}), "DDIM");
  assert.equal(scheduler({ scheduler: "PNDM" }), "PNDM");
});

test("parameters reach each row, and a row's column of the same name wins", () => {
  const parameters = {
    num_inference_steps: 20,
    guidance_scale: 1,
    negative_prompt: "blurry",
    seed: 42,
    scheduler: "DDIM",
    preserve_unmasked: false,
  };
  const own = { num_inference_steps: 5, seed: 7, negative_prompt: "", preserve_unmasked: true };
  const job = {
    ...DEFAULTS.job,
    numInferenceSteps: 20,
    guidanceScale: 1,
    negativePrompt: "blurry",
    scheduler: "DDIM",
    preserveUnmasked: false,
    maskFeather: 0,
  };
  assert.deepEqual(parametersOf({ data: [ROW, { ...ROW, ...own }], parameters }), [
    { ...DEFAULTS, job, seed: 42 },
    {
      ...DEFAULTS,
      job: { ...job, numInferenceSteps: 5, negativePrompt: "", preserveUnmasked: true, maskFeather: 4 },
      seed: 7,
    },
  ]);
});

test("null is the same as absent, in parameters and in a row", () => {
  const parameters = { num_inference_steps: null, negative_prompt: null, seed: 3, scheduler: null };
  const [resolved] = parametersOf(withRow({ seed: null, guidance_scale: null }, { parameters }));
  assert.deepEqual(resolved, { ...DEFAULTS, seed: 3 });
});

test("list rows carry parameters by column", () => {
  const [resolved] = parametersOf({
    columns: [...COLUMNS, "seed", "negative_prompt"],
    data: [["a", "I", "M", 9, null]],
    parameters: { negative_prompt: "dull" },
  });
  assert.equal(resolved?.seed, 9);
  assert.equal(resolved?.job.negativePrompt, "dull");
});

test("a body that is no object, or has no input_data, is refused in Azure ML's words", () => {
  for (const body of [null, [1], "text", 5, true]) {
    assert.throws(() => parse(body), {
      code: "BODY_NOT_OBJECT",
      message: "POST body should be a JSON dictionary.",
    });
  }
  for (const body of [{}, { data: 1 }, Object.create({ input_data: {} })]) {
    assert.throws(() => parse(body), {
      code: "INPUT_DATA_MISSING",
      message: "A value is not provided for the 'input_data' parameter.",
    });
  }
});

test("any JSON value is rows or an InpaintError", () => {
  const rowKeys = fc.constantFrom(...COLUMNS, "mask", "seed", "num_inference_steps", "__proto__", "x");
  const row = fc.oneof(fc.dictionary(rowKeys, fc.jsonValue()), fc.array(fc.jsonValue()), fc.jsonValue());
  const input = fc.record(
    {
      columns: fc.oneof(fc.array(rowKeys), fc.jsonValue()),
      index: fc.oneof(fc.array(fc.nat()), fc.jsonValue()),
      data: fc.oneof(fc.array(row), fc.jsonValue()),
      parameters: fc.oneof(fc.dictionary(rowKeys, fc.jsonValue()), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(fc.jsonValue(), fc.record({ input_data: fc.oneof(input, fc.jsonValue()) }));
  fc.assert(
    fc.property(body, (value) => {
      try {
        const { rows, problems } = parse(JSON.parse(JSON.stringify(value)));
        problems.throwIfAny();
        for (const { prompt, image, maskImage } of rows) {
          assert.ok(prompt !== undefined && image !== undefined && maskImage !== undefined);
        }
      } catch (error) {
        assert.ok(error instanceof InpaintError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test("rows survive a round trip through pandas' split orientation, as objects and as lists", () => {
  const row = fc.record({
    prompt: fc.string({ maxLength: 50 }),
    image: fc.string(),
    mask_image: fc.string(),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
      const wanted = rows.map(({ prompt, image, mask_image }) => [prompt, image, mask_image]);
      assert.deepEqual(texts({ columns: COLUMNS, data: rows }), wanted);
      assert.deepEqual(texts({ columns: COLUMNS, data: wanted }), wanted);
    }),
  );
});
