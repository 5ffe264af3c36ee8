/** @file The four places of parameters for every row: which wins, and that each is checked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { INPAINT_PARAMETERS_SCHEMA } from "../../src/scoring/wire-types.generated.js";
import { COLUMNS, parse, ROW } from "./parsing.js";

const KNOWN = Object.keys(INPAINT_PARAMETERS_SCHEMA.properties).join(", ");

function seedsOf(body: unknown): readonly unknown[] {
  const { rows, problems } = parse(body);
  problems.throwIfAny();
  return rows.map(({ parameters }) => parameters?.seed);
}

type Place = readonly [name: string, put: (parameters: object) => object];

/** From the last that counts to the first, in the shapes that have room beside the rows. */
const SHAPES: Readonly<Record<string, object>> = {
  split: { data: [ROW] },
  columns: { prompt: ["a"], image: ["I"], mask: ["M"] },
  "one row": ROW,
};

for (const [shape, input] of Object.entries(SHAPES)) {
  test(`${shape}: each place wins over those before it, and null is no answer`, () => {
    const places: readonly Place[] = [
      ["params", (params) => ({ params })],
      ["parameters", (parameters) => ({ parameters })],
      ["input_data.params", (params) => ({ input_data: { params } })],
      ["input_data.parameters", (parameters) => ({ input_data: { parameters } })],
    ];
    for (const [i, [name]] of places.entries()) {
      /** Place j says seed j; those after place i say nothing. */
      const given = places.map(([, put], j) => put({ seed: j <= i ? j : null }));
      const body = {
        ...Object.assign({}, ...given),
        input_data: Object.assign(
          {},
          input,
          ...given.map((place) => ("input_data" in place ? place.input_data : {})),
        ),
      };
      assert.deepEqual(seedsOf(body), [i], name);
    }
  });
}

test("places that name different parameters are added up", () => {
  const body = {
    params: { seed: 1, strength: 0.5 },
    parameters: { guidance_scale: 2 },
    input_data: {
      params: { eta: 0.25 },
      parameters: { num_inference_steps: 9 },
      data: [{ ...ROW, seed: 7 }],
    },
  };
  const { rows, problems } = parse(body);
  problems.throwIfAny();
  const { job, seed } = rows[0]?.parameters ?? assert.fail();
  const { strength, guidanceScale, eta, numInferenceSteps } = job;
  assert.deepEqual([seed, strength, guidanceScale, eta, numInferenceSteps], [7, 0.5, 2, 0.25, 9]);
});

test("a list of rows has room for none, and takes the body's", () => {
  for (const rows of [
    { instances: [ROW, ["a", "I", "M"]] },
    { dataframe_records: [ROW, { ...ROW }] },
    { inputs: [ROW, ROW] },
    { input_data: [ROW, ROW] },
  ]) {
    assert.deepEqual(seedsOf({ ...rows, params: { seed: 5 } }), [5, 5]);
    assert.deepEqual(seedsOf({ ...rows, params: { seed: 5 }, parameters: { seed: 6 } }), [6, 6]);
  }
  assert.deepEqual(
    seedsOf({
      params: { seed: 5 },
      dataframe_split: { columns: COLUMNS, data: [["a", "I", "M"]], params: { seed: 6 } },
    }),
    [6],
  );
});

test("null and nothing are places without parameters", () => {
  for (const none of [null, {}]) {
    const body = {
      params: none,
      parameters: none,
      input_data: { params: none, parameters: none, data: [ROW] },
    };
    assert.deepEqual(seedsOf(body), [undefined]);
  }
});

test("every place is checked, whichever would win", () => {
  const bad = { seed: -1, steps: 1 };
  const body = {
    params: bad,
    parameters: "x",
    input_data: { params: [], parameters: bad, data: [{ ...ROW, seed: 1 }] },
  };
  const ofBad = (place: string) => [
    `${place}: unknown parameter "steps"; known are ${KNOWN}`,
    `${place}.seed: expected a whole number from 0 to 9007199254740991, got -1`,
  ];
  assert.throws(() => seedsOf(body), {
    code: "INVALID_INPUT",
    message: [
      ...ofBad("params"),
      'parameters: expected an object, got "x"',
      "input_data.params: expected an object, got an array",
      ...ofBad("input_data.parameters"),
    ].join("; "),
  });
  assert.throws(() => seedsOf({ inputs: { ...ROW, params: { seed: true } } }), {
    message: "inputs.params.seed: expected a whole number from 0 to 9007199254740991, got true",
  });
});
