/** @file Every parameter: the ends of its range, what lies beyond, what it comes to, and what makes no sense together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { SETTINGS } from "../../src/config/settings.js";
import { SCHEDULER_NAMES } from "../../src/diffusion/inpaint-job.js";
import { parametersWithin } from "../../src/scoring/parameter-schema.js";
import { INPAINT_PARAMETERS_SCHEMA } from "../../src/scoring/wire-types.generated.js";
import { LIMITS, parseInput, ROW, withRow } from "./parsing.js";

const { properties } = parametersWithin(LIMITS);

/** What the one row of a request with `row` asks for, or the problems as one text. */
function outcome(row: object, parameters: object = {}) {
  const { rows, problems } = parseInput(withRow(row, { parameters }));
  try {
    problems.throwIfAny();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return rows[0]?.parameters;
}

const asked = (row: object, parameters: object = {}) => {
  const result = outcome(row, parameters);
  assert.ok(typeof result === "object", String(result));
  return result;
};

test("each number is taken at both ends of its range and refused beyond, as a parameter and as a column", () => {
  let checked = 0;
  for (const [name, property] of Object.entries(properties)) {
    if (!("minimum" in property)) continue;
    const { minimum, maximum } = property;
    const beside = name === "output_quality" ? { output_format: "jpeg" } : {};
    for (const good of [minimum, maximum]) asked({ [name]: good, ...beside });
    const isWhole = property.type[0] === "integer";
    const expected = `expected a ${isWhole ? "whole number" : "number"} from ${minimum} to ${maximum}`;
    const bad = [
      minimum - 1,
      maximum + (isWhole ? 1 : 0.001),
      "1",
      true,
      ...(isWhole ? [minimum + 0.5] : []),
    ];
    for (const value of bad) {
      const message = outcome({}, { [name]: value });
      assert.equal(message, `input_data.parameters.${name}: ${expected}, got ${JSON.stringify(value)}`);
      const inRow = outcome({ [name]: value });
      assert.equal(inRow, `data[0].${name}: ${expected}, got ${JSON.stringify(value)}`);
    }
    checked++;
  }
  assert.ok(checked >= 13, `${checked} numbers`);
});

test("each switch is true or false and nothing else", () => {
  const switches = Object.entries(properties).filter(
    ([, property]) => "type" in property && property.type[0] === "boolean",
  );
  assert.ok(switches.length >= 4);
  for (const [name] of switches) {
    for (const value of ["true", 1, 0]) {
      const message = `data[0].${name}: expected true or false, got ${JSON.stringify(value)}`;
      assert.equal(outcome({ [name]: value }), message);
    }
  }
});

test("every parameter reaches what it is for", () => {
  const result = asked({
    num_inference_steps: 7,
    guidance_scale: 2,
    negative_prompt: "dull",
    seed: 9,
    num_images_per_prompt: 2,
    scheduler: "DDIM",
    strength: 0.75,
    eta: 0.5,
    clip_skip: 2,
    height: 333,
    width: 200,
    padding_mask_crop: 0,
    mask_blur: 1.5,
    invert_mask: true,
    preserve_unmasked: true,
    mask_feather: 8.5,
    exif_transpose: true,
    output_format: "webp",
    output_quality: 80,
    details: true,
  });
  assert.deepEqual(result, {
    job: {
      numInferenceSteps: 7,
      guidanceScale: 2,
      negativePrompt: "dull",
      scheduler: "DDIM",
      strength: 0.75,
      eta: 0.5,
      clipSkip: 2,
      height: 333,
      width: 200,
      paddingMaskCrop: 0,
      maskBlur: 1.5,
      invertMask: true,
      preserveUnmasked: true,
      maskFeather: 8.5,
    },
    seed: 9,
    imageCount: 2,
    exifTranspose: true,
    output: { format: "webp", quality: 80 },
    details: true,
  });
});

test("a scheduler may be named as diffusers' class", () => {
  for (const name of SCHEDULER_NAMES) {
    assert.equal(asked({ scheduler: `${name}Scheduler` }).job.scheduler, name);
    assert.equal(asked({ scheduler: name }).job.scheduler, name);
  }
});

test("the schema offers the schedulers that exist, under both names", () => {
  assert.deepEqual(INPAINT_PARAMETERS_SCHEMA.properties.scheduler.enum, [
    ...SCHEDULER_NAMES,
    ...SCHEDULER_NAMES.map((name) => `${name}Scheduler`),
    null,
  ]);
});

test("a JPEG and a WebP have a quality of their own where none is named", () => {
  assert.deepEqual(asked({ output_format: "png" }).output, { format: "png" });
  assert.deepEqual(asked({ output_format: "jpeg" }).output, { format: "jpeg", quality: 95 });
  assert.deepEqual(asked({ output_format: "webp" }).output, { format: "webp", quality: 90 });
  assert.deepEqual(asked({ output_quality: 5 }, { output_format: "jpeg" }).output, {
    format: "jpeg",
    quality: 5,
  });
  assert.match(String(outcome({ output_format: "jpg" })), /: expected one of png, jpeg, webp, got "jpg"$/);
});

test("what would be ignored is refused, wherever it was asked for", () => {
  const quality = "data[0].output_quality: has no meaning for png; name output_format jpeg or webp too";
  assert.equal(outcome({ output_quality: 90 }), quality);
  assert.equal(outcome({}, { output_quality: 90 }), quality);
  assert.equal(outcome({ output_format: "png" }, { output_format: "jpeg", output_quality: 90 }), quality);
  const feather = "data[0].mask_feather: has no meaning when preserve_unmasked is false";
  assert.equal(outcome({ preserve_unmasked: false }, { mask_feather: 8 }), feather);
  assert.equal(
    outcome({ preserve_unmasked: false, output_quality: 1, mask_feather: 1 }),
    `${quality}; ${feather}`,
  );
});

test("the edge is soft where unmasked pixels are kept, and there is none where they are not", () => {
  assert.equal(asked({}).job.maskFeather, 4);
  assert.equal(asked({ mask_feather: 0 }).job.maskFeather, 0);
  assert.equal(asked({ preserve_unmasked: false }).job.maskFeather, 0);
  assert.equal(asked({ preserve_unmasked: false, mask_feather: 0 }).job.maskFeather, 0);
});

test("images count as rows", () => {
  const ask = (...counts: readonly number[]) => {
    const data = counts.map((num_images_per_prompt) => ({ ...ROW, num_images_per_prompt }));
    return () => parseInput({ data }).problems.throwIfAny();
  };
  ask(1, 3)();
  ask(2, 2)();
  assert.throws(ask(2, 3), {
    message: "input_data.data: asks for 5 images; at most 4 are made in one request",
  });
});

test("the schema with the operator's limits is a schema, and tells them", () => {
  const limits = { ...LIMITS, defaultSteps: 20, defaultScheduler: "DDIM" } as const;
  const schema = parametersWithin(limits);
  new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
  assert.equal(schema.properties.num_inference_steps.default, 20);
  assert.equal(schema.properties.num_inference_steps.maximum, 150);
  assert.equal(schema.properties.num_images_per_prompt.maximum, 3);
  assert.equal(schema.properties.negative_prompt.maxLength, 100);
  assert.ok("default" in schema.properties.scheduler);
  assert.ok(!("default" in properties.scheduler), "the checkpoint's own has no name here");
});

test("the schema's own maxima are those of the settings that lower them, and so are its defaults", () => {
  const { num_inference_steps, num_images_per_prompt, negative_prompt } =
    INPAINT_PARAMETERS_SCHEMA.properties;
  assert.equal(num_inference_steps.maximum, SETTINGS.maxSteps.max);
  assert.equal(num_inference_steps.default, SETTINGS.defaultSteps.fallback);
  assert.equal(num_images_per_prompt.maximum, SETTINGS.maxImagesPerPrompt.max);
  assert.equal(negative_prompt.maxLength, SETTINGS.maxPromptChars.max);
});
