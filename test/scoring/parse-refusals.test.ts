/** @file Every way to get a request wrong: each refusal names row and field. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTINGS } from "../../src/config/settings.js";
import { SCHEDULER_NAMES } from "../../src/diffusion/inpaint-job.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { createParameterReader } from "../../src/scoring/parameters.js";
import { parseRequest } from "../../src/scoring/parse-request.js";
import { MAX_MESSAGE_CHARS } from "../../src/scoring/problems.js";
import { INPAINT_PARAMETERS_SCHEMA } from "../../src/scoring/wire-types.generated.js";
import { COLUMNS, LIMITS, parseInput, ROW, withRow } from "./parsing.js";

const KNOWN = Object.keys(INPAINT_PARAMETERS_SCHEMA.properties).join(", ");

const EXPECTED =
  "input_data: expected an object with columns and data, an object of columns, or a list of rows";

/** The message with which `input` as `input_data` is refused; fails when it is accepted. */
function refusal(input: unknown): string {
  try {
    parseInput(input).problems.throwIfAny();
  } catch (error) {
    assert.ok(error instanceof InpaintError, String(error));
    assert.equal(error.code, "INVALID_INPUT");
    return error.message;
  }
  return assert.fail(`accepted ${JSON.stringify(input)}`);
}

const REFUSED: readonly (readonly [what: string, input: unknown, message: string | RegExp])[] = [
  ["null", null, `${EXPECTED}, got null`],
  ["text", "x", `${EXPECTED}, got "x"`],
  [
    "an object of nothing known",
    { rows: [ROW] },
    "input_data.data: expected an array of rows, got undefined",
  ],
  ["no data", { columns: COLUMNS }, "input_data.data: expected an array of rows, got undefined"],
  ["data that is an object", { data: ROW }, "input_data.data: expected an array of rows, got an object"],
  ["no rows", { data: [] }, "input_data.data: has no rows"],
  ["too many rows", { data: [1, 2, 3, 4, 5] }, "input_data.data: has 5 rows; at most 4 are accepted"],
  [
    "columns that is text",
    withRow({}, { columns: "prompt" }),
    'input_data.columns: expected an array of names, got "prompt"',
  ],
  [
    "columns of numbers",
    withRow({}, { columns: [0, 1] }),
    "input_data.columns: expected an array of names, got an array",
  ],
  [
    "a column twice",
    withRow({}, { columns: ["prompt", "prompt"] }),
    "input_data.columns: names a column twice",
  ],
  [
    "an index that is too short",
    { data: [ROW, ROW], index: [0] },
    "input_data.index: has 1 entries for 2 rows",
  ],
  ["an index that is no list", withRow({}, { index: 0 }), "input_data.index: expected an array, got 0"],
  [
    "an unknown key",
    withRow({}, { rows: 1 }),
    'input_data: unknown key "rows"; known are columns, data, index, params, parameters',
  ],
  ["a row that is text", { data: ["x"] }, 'data[0]: expected an object or a list, got "x"'],
  ["a row that is null", { data: [ROW, null] }, "data[1]: expected an object or a list, got null"],
  ["a list row without columns", { data: [["a", "I", "M"]] }, "data[0]: a list row needs input_data.columns"],
  [
    "a list row of another length",
    { columns: COLUMNS, data: [["a", "I"]] },
    "data[0]: has 2 values for 3 columns",
  ],
  [
    "a column that list rows lack",
    { columns: ["prompt", "image"], data: [["a", "I"]] },
    "data[0].mask_image: missing",
  ],
  ["a missing mask", { data: [ROW, { prompt: "a", image: "I" }] }, "data[1].mask_image: missing"],
  ["a null image", withRow({ image: null }), "data[0].image: missing"],
  ["an image that is a number", withRow({ image: 5 }), "data[0].image: expected text, got 5"],
  [
    "a mask that is a list",
    { data: [{ prompt: "", image: "I", mask: [] }] },
    "data[0].mask: expected text, got an array",
  ],
  ["a prompt that is a number", withRow({ prompt: 12 }), "data[0].prompt: expected text, got 12"],
  [
    "an over-long prompt",
    withRow({ prompt: "x".repeat(101) }),
    "data[0].prompt: has 101 characters; at most 100 are accepted",
  ],
  [
    "parameters that are a list",
    withRow({}, { parameters: [] }),
    "input_data.parameters: expected an object, got an array",
  ],
  [
    "an unknown parameter",
    withRow({}, { parameters: { steps: 1 } }),
    `input_data.parameters: unknown parameter "steps"; known are ${KNOWN}`,
  ],
  [
    "__proto__ as a parameter",
    withRow({}, { parameters: JSON.parse('{"__proto__": {"seed": 1}}') }),
    /unknown parameter "__proto__"/,
  ],
  [
    "text for a number",
    withRow({}, { parameters: { num_inference_steps: "5" } }),
    'input_data.parameters.num_inference_steps: expected a whole number from 1 to 150, got "5"',
  ],
  [
    "text for a number in a row",
    withRow({ guidance_scale: "7.5" }),
    'data[0].guidance_scale: expected a number from 0 to 100, got "7.5"',
  ],
  [
    "0 steps",
    withRow({}, { parameters: { num_inference_steps: 0 } }),
    "input_data.parameters.num_inference_steps: expected a whole number from 1 to 150, got 0",
  ],
  [
    "10 000 steps",
    withRow({}, { parameters: { num_inference_steps: 10_000 } }),
    "input_data.parameters.num_inference_steps: expected a whole number from 1 to 150, got 10000",
  ],
  [
    "half a step",
    withRow({ num_inference_steps: 1.5 }),
    "data[0].num_inference_steps: expected a whole number from 1 to 150, got 1.5",
  ],
  [
    "NaN guidance",
    withRow({}, { parameters: { guidance_scale: Number.NaN } }),
    "input_data.parameters.guidance_scale: expected a number from 0 to 100, got NaN",
  ],
  [
    "infinite guidance",
    withRow({}, { parameters: JSON.parse('{"guidance_scale": 1e999}') }),
    "input_data.parameters.guidance_scale: expected a number from 0 to 100, got Infinity",
  ],
  [
    "negative guidance",
    withRow({ guidance_scale: -1 }),
    "data[0].guidance_scale: expected a number from 0 to 100, got -1",
  ],
  [
    "a negative seed",
    withRow({ seed: -1 }),
    "data[0].seed: expected a whole number from 0 to 9007199254740991, got -1",
  ],
  [
    "a seed past 2^53",
    withRow({ seed: 2 ** 53 }),
    "data[0].seed: expected a whole number from 0 to 9007199254740991, got 9007199254740992",
  ],
  [
    "an unknown scheduler",
    withRow({ scheduler: "Euler" }),
    `data[0].scheduler: expected one of ${SCHEDULER_NAMES.join(", ")}, or that with Scheduler at its end, got "Euler"`,
  ],
  [
    "a word for a boolean",
    withRow({ preserve_unmasked: "true" }),
    'data[0].preserve_unmasked: expected true or false, got "true"',
  ],
  [
    "a list for a negative prompt",
    withRow({ negative_prompt: ["x"] }),
    "data[0].negative_prompt: expected text of at most 100 characters, got an array",
  ],
  [
    "an over-long negative prompt",
    withRow({ negative_prompt: "x".repeat(101) }),
    /^data\[0\]\.negative_prompt: expected text of at most 100 characters, got "x{40}"…$/,
  ],
];
for (const [what, input, message] of REFUSED) {
  test(`${what} is refused`, () => {
    if (typeof message === "string") assert.equal(refusal(input), message);
    else assert.match(refusal(input), message);
  });
}

test("every problem of every row is named at once", () => {
  assert.equal(
    refusal({
      data: [{ prompt: 1, image: "I", mask: "M" }, ROW, { image: "I", seed: 1.5 }],
      index: [1],
      parameters: { num_inference_steps: 0, x: 1 },
    }),
    [
      "input_data.index: has 1 entries for 3 rows",
      `input_data.parameters: unknown parameter "x"; known are ${KNOWN}`,
      "input_data.parameters.num_inference_steps: expected a whole number from 1 to 150, got 0",
      "data[0].prompt: expected text, got 1",
      "data[2].prompt: missing",
      "data[2].mask_image: missing",
      "data[2].seed: expected a whole number from 0 to 9007199254740991, got 1.5",
    ].join("; "),
  );
});

test("of a great many unknown names the first are named and the rest counted, in one sentence", () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `p${i}`);
  const parameters = Object.fromEntries(names(19_900).map((name) => [name, 0]));
  const first = names(20)
    .map((name) => `"${name}"`)
    .join(", ");
  assert.equal(
    refusal(withRow({}, { parameters })),
    `input_data.parameters: unknown parameters ${first} and 19880 more; known are ${KNOWN}`,
  );
  assert.equal(
    refusal(withRow({}, { parameters: { a: 1, b: 2 } })),
    `input_data.parameters: unknown parameters "a", "b"; known are ${KNOWN}`,
  );
  // Whatever their characters become in a message.
  const long = Object.fromEntries(names(3000).map((name) => [`${name}${"\u0001".repeat(1000)}`, 0]));
  const message = refusal(withRow({}, { parameters: long }));
  assert.match(
    message,
    /^input_data\.parameters: unknown parameters "p0[^"]*"….* and 29\d\d more; known are /,
  );
  assert.ok(message.endsWith(KNOWN) && message.length < 1000, `${message.length} characters`);
});

test("every field of the most rows that can be allowed is named while the message has room, and then counted", () => {
  const { maxRows } = SETTINGS;
  const fields = ["prompt", "image", "mask_image", ...Object.keys(INPAINT_PARAMETERS_SCHEMA.properties)];
  const bad = Object.fromEntries(fields.map((field) => [field, []]));
  const options = { ...LIMITS, maxRows: maxRows.max, parameterReader: createParameterReader(LIMITS) };
  const data = Array.from({ length: maxRows.max }, () => bad);
  const parsed = parseRequest({ input_data: { data, parameters: bad } }, options);
  assert.throws(
    () => parsed.problems.throwIfAny(),
    ({ message }: Error) => {
      const [, counted] = /; and (\d+) more$/.exec(message) ?? [];
      const named = message.split("; data[").slice(1);
      assert.equal(named.length + Number(counted), maxRows.max * fields.length);
      assert.ok(named.length > maxRows.fallback * fields.length, "all of those that are allowed by default");
      assert.ok(message.length <= MAX_MESSAGE_CHARS && message.length > 0.98 * MAX_MESSAGE_CHARS);
      return true;
    },
  );
});

test("a message shows at most forty characters of the caller's own", () => {
  const secret = "s".repeat(100_000);
  const message = refusal(withRow({ scheduler: secret }, { [secret]: 1, parameters: { [secret]: 1 } }));
  assert.ok(message.length < 1500);
  assert.ok(!message.includes("s".repeat(41)));
});
