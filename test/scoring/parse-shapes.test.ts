/** @file Every key and shape that rows may come under and in, and how each names what is wrong with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { COLUMNS, parse, ROW } from "./parsing.js";

const ROWS = [
  ["a cat", "IMG", "MASK"],
  ["a dog", "IMG 2", "MASK 2"],
];
const RECORDS = [ROW, { prompt: "a dog", image: "IMG 2", mask_image: "MASK 2" }];
const LISTS = {
  prompt: ["a cat", "a dog"],
  image: ["IMG", "IMG 2"],
  mask_image: ["MASK", "MASK 2"],
};
const LABELLED = {
  prompt: { b: "a cat", a: "a dog" },
  image: { a: "IMG 2", b: "IMG" }, // each by its label, whatever the order
  mask_image: { b: "MASK", a: "MASK 2" },
};
const SPLIT = { columns: COLUMNS, index: ["b", "a"], data: ROWS };

/** Prompt, image and mask of each row. */
function texts(body: unknown): unknown {
  const { rows, problems } = parse(body);
  problems.throwIfAny();
  return rows.map(({ prompt, image, maskImage }) => [prompt, image?.text, maskImage?.text]);
}

function refusal(body: unknown): string {
  try {
    parse(body).problems.throwIfAny();
  } catch (error) {
    assert.ok(error instanceof InpaintError, String(error));
    assert.equal(error.code, "INVALID_INPUT");
    return error.message;
  }
  return assert.fail(`accepted ${JSON.stringify(body)}`);
}

const SHAPES = {
  "split, list rows": SPLIT,
  "split, object rows": { data: RECORDS },
  records: RECORDS,
  "lists in the signature's order": ROWS,
  "records and lists": [RECORDS[0], ROWS[1]],
  "columns that are lists": LISTS,
  "columns by row label": LABELLED,
} as const;
const UNDER: Readonly<Record<string, readonly (keyof typeof SHAPES)[]>> = {
  input_data: [
    "split, list rows",
    "split, object rows",
    "records",
    "lists in the signature's order",
    "records and lists",
    "columns that are lists",
    "columns by row label",
  ],
  dataframe_split: ["split, list rows", "split, object rows"],
  dataframe_records: ["records", "lists in the signature's order", "records and lists"],
  instances: ["records", "lists in the signature's order", "records and lists"],
  inputs: [
    "records",
    "lists in the signature's order",
    "records and lists",
    "columns that are lists",
    "columns by row label",
  ],
};
for (const [key, accepted] of Object.entries(UNDER)) {
  for (const [shape, value] of Object.entries(SHAPES)) {
    const isAccepted = accepted.some((name) => name === shape);
    test(`${key}: ${shape} is ${isAccepted ? "read" : "refused"}`, () => {
      if (isAccepted) assert.deepEqual(texts({ [key]: value }), ROWS);
      else
        assert.match(
          refusal({ [key]: value }),
          new RegExp(`^${key}(\\.data: expected|: expected|\\.prompt: missing;)`),
        );
    });
  }
}

test("the values of one row may stand by themselves", () => {
  for (const key of ["input_data", "inputs"]) {
    assert.deepEqual(texts({ [key]: ROW }), [ROWS[0]]);
    assert.deepEqual(texts({ [key]: { prompt: "a", image: "I", mask: "M" } }), [["a", "I", "M"]]);
  }
});

test("a column of the caller's own changes no shape, unless split orientation has it", () => {
  assert.deepEqual(texts({ input_data: { ...LISTS, index: [0, 1], id: 7 } }), ROWS);
  assert.deepEqual(texts({ inputs: { ...LISTS, data: [0, 1], columns: 3 } }), ROWS);
  assert.deepEqual(texts({ input_data: { ...ROW, index: 0 } }), [ROWS[0]]);
  assert.equal(
    refusal({ input_data: { ...LISTS, data: [{ ...ROW }] } }),
    'input_data: unknown keys "prompt", "image", "mask_image"; known are columns, data, index, params, parameters',
  );
});

test("rows that are given twice are refused, and each place is named", () => {
  assert.equal(
    refusal({ inputs: LISTS, instances: RECORDS, input_data: null }),
    "the rows are given more than once, under input_data, instances, inputs; send one of them",
  );
});

test("mask and mask_image are the mask in every shape, and mask_image wins", () => {
  const { mask_image: masks, ...others } = LISTS;
  const both = { mask: "OTHER", mask_image: "MASK" };
  for (const [body, wanted] of [
    [{ input_data: { ...others, mask: masks } }, ROWS],
    [{ input_data: { ...others, mask: ["OTHER", "OTHER"], mask_image: masks } }, ROWS],
    [{ input_data: { ...others, mask: masks, mask_image: null } }, ROWS],
    [{ inputs: { ...others, mask: [null, "MASK 2"], mask_image: ["MASK", null] } }, ROWS],
    [{ instances: [{ prompt: "a cat", image: "IMG", ...both }] }, [ROWS[0]]],
    [{ instances: [{ prompt: "a cat", image: "IMG", mask: "MASK" }] }, [ROWS[0]]],
    [{ input_data: { prompt: "a cat", image: "IMG", ...both } }, [ROWS[0]]],
    [
      {
        dataframe_split: { columns: ["mask", "prompt", "image"], data: [["MASK", "a cat", "IMG"]] },
      },
      [ROWS[0]],
    ],
    [
      {
        dataframe_split: {
          columns: ["mask", "prompt", "image", "mask_image"],
          data: [["OTHER", "a cat", "IMG", "MASK"]],
        },
      },
      [ROWS[0]],
    ],
  ] as const) {
    assert.deepEqual(texts(body), wanted, JSON.stringify(body));
  }
});

test("parameters of a row stand with the row in every shape", () => {
  const seeds = (body: unknown) => {
    const { rows, problems } = parse(body);
    problems.throwIfAny();
    return rows.map(({ parameters }) => parameters?.seed);
  };
  for (const body of [
    { instances: [{ ...RECORDS[0], seed: 3 }, RECORDS[1]] },
    { inputs: { ...LISTS, seed: [3, null] } },
    { input_data: { ...LABELLED, seed: { a: null, b: 3 } } },
    {
      dataframe_split: {
        columns: [...COLUMNS, "seed"],
        data: [
          [...(ROWS[0] ?? []), 3],
          [...(ROWS[1] ?? []), null],
        ],
      },
    },
  ]) {
    assert.deepEqual(seeds({ ...body, parameters: { seed: 9 } }), [3, 9], JSON.stringify(body));
  }
  assert.deepEqual(seeds({ inputs: { ...ROW, seed: 3 }, params: { seed: 9 } }), [3]);
});

/** What one row needs beside `without`. */
const but = (without: string) => Object.fromEntries(Object.entries(ROW).filter(([key]) => key !== without));

const REFUSED: readonly (readonly [what: string, body: object, message: string])[] = [
  ["a record without a mask", { instances: [ROW, but("mask_image")] }, "instances[1].mask_image: missing"],
  [
    "a record with a number",
    { dataframe_records: [{ ...ROW, image: 5 }] },
    "dataframe_records[0].image: expected text, got 5",
  ],
  [
    "a bad row under input_data",
    { input_data: [{ ...ROW, seed: -1 }] },
    "input_data[0].seed: expected a whole number from 0 to 9007199254740991, got -1",
  ],
  ["a row of no shape", { inputs: ["x"] }, 'inputs[0]: expected an object or a list, got "x"'],
  ["a short list row", { instances: [["a", "I"]] }, "instances[0]: has 2 values for 3 columns"],
  ["a split row", { dataframe_split: { data: [but("prompt")] } }, "dataframe_split.data[0].prompt: missing"],
  [
    "a list row without columns",
    { dataframe_split: { data: [["a", "I", "M"]] } },
    "dataframe_split.data[0]: a list row needs dataframe_split.columns",
  ],
  [
    "an index that is too long",
    { dataframe_split: { ...SPLIT, index: [0, 1, 2] } },
    "dataframe_split.index: has 3 entries for 2 rows",
  ],
  [
    "a split key of no meaning",
    { dataframe_split: { ...SPLIT, index_names: [null] } },
    'dataframe_split: unknown key "index_names"; known are columns, data, index, params, parameters',
  ],
  [
    "a value in a list column",
    { inputs: { ...LISTS, image: ["I", 7] } },
    "inputs.image[1]: expected text, got 7",
  ],
  [
    "a column that is not there",
    { inputs: { prompt: ["a"], image: ["I"] } },
    "inputs.mask_image[0]: missing",
  ],
  [
    "a mask of neither name",
    { inputs: { prompt: ["a"], image: ["I"], mask_image: [null], mask: [null] } },
    "inputs.mask_image[0]: missing",
  ],
  [
    "a value in a labelled column",
    { input_data: { ...LABELLED, mask_image: { a: null, b: "M" } } },
    'input_data.mask_image["a"]: missing',
  ],
  [
    "a value of a single row",
    { input_data: { ...ROW, image: ["I"] } },
    "input_data.image: expected text, got an array",
  ],
  ["a single row without an image", { inputs: but("image") }, "inputs.image: missing"],
  [
    "columns of several lengths",
    { inputs: { ...LISTS, image: ["I"], seed: 3, guidance_scale: { a: 1 } } },
    "inputs.image: has 1 values; prompt is a list of 2; inputs.guidance_scale: is no list but an object; prompt is a list of 2; inputs.seed: is no list but 3; prompt is a list of 2",
  ],
  [
    "columns of several labels",
    {
      inputs: {
        prompt: { x: "a" },
        image: { y: "I" },
        mask_image: { x: "M", y: "N" },
        mask: "M",
        strength: [1],
      },
    },
    'inputs.image: lacks the row label "x" of prompt; inputs.mask_image: has 2 row labels; prompt has 1; inputs.mask: is no object but "M"; prompt is an object by row label; inputs.strength: is no object but an array; prompt is an object by row label',
  ],
  [
    "labels whose order is lost",
    { input_data: { prompt: { x: "a", 1: "b" }, image: { x: "I", 1: "J" }, mask: { x: "M", 1: "N" } } },
    'input_data.prompt: rows labelled by whole numbers, as "1", lose their order in a JSON object; send each column as a list',
  ],
  ["no rows in a list", { instances: [] }, "instances: has no rows"],
  ["no rows in a column", { inputs: { prompt: [] } }, "inputs.prompt: has no rows"],
  ["no rows by label", { inputs: { prompt: {} } }, "inputs.prompt: has no rows"],
  [
    "too many rows in a list",
    { instances: [1, 2, 3, 4, 5] },
    "instances: has 5 rows; at most 4 are accepted",
  ],
  [
    "too many in a column",
    { inputs: { image: [1, 2, 3, 4, 5], prompt: null } },
    "inputs.image: has 5 rows; at most 4 are accepted",
  ],
  [
    "too many by label",
    { inputs: { mask: { a: 1, b: 2, c: 3, d: 4, e: 5 } } },
    "inputs.mask: has 5 rows; at most 4 are accepted",
  ],
  [
    "what makes no sense together, by column",
    { inputs: { ...LISTS, output_quality: [null, 9] } },
    "inputs.output_quality[1]: has no meaning for png; name output_format jpeg or webp too",
  ],
  [
    "too many images of a record",
    {
      instances: [
        { ...ROW, num_images_per_prompt: 3 },
        { ...ROW, num_images_per_prompt: 2 },
      ],
    },
    "instances: asks for 5 images; at most 4 are made in one request",
  ],
];
for (const [what, body, message] of REFUSED) {
  test(`${what} is refused in the caller's own terms`, () => assert.equal(refusal(body), message));
}

test("one row may have any label, and rows may have labels that keep their order", () => {
  assert.deepEqual(texts({ inputs: { prompt: { 0: "a" }, image: { 0: "I" }, mask: { 0: "M" } } }), [
    ["a", "I", "M"],
  ]);
  // pandas writes dates in milliseconds, which a JSON object does not sort
  const labels = ["1700000000000", "10000000000", "-1", "01"];
  const column = (text: string) => Object.fromEntries(labels.map((label) => [label, text + label]));
  assert.deepEqual(
    texts({ inputs: { prompt: column("a"), image: column("I"), mask: column("M") } }),
    labels.map((label) => [`a${label}`, `I${label}`, `M${label}`]),
  );
});

test("images and rows are named by where they stand", () => {
  const places = (body: unknown) =>
    parse(body).rows.map(({ where, image, maskImage }) => [where, image?.where, maskImage?.where]);
  assert.deepEqual(places({ input_data: SPLIT })[1], ["data[1]", "data[1].image", "data[1].mask_image"]);
  assert.deepEqual(places({ dataframe_split: { ...SPLIT, columns: ["prompt", "image", "mask"] } })[1], [
    "dataframe_split.data[1]",
    "dataframe_split.data[1].image",
    "dataframe_split.data[1].mask",
  ]);
  assert.deepEqual(places({ instances: ROWS })[1], [
    "instances[1]",
    "instances[1].image",
    "instances[1].mask_image",
  ]);
  assert.deepEqual(places({ inputs: LISTS })[1], [
    "inputs, row 1",
    "inputs.image[1]",
    "inputs.mask_image[1]",
  ]);
  assert.deepEqual(places({ inputs: LABELLED })[1], [
    'inputs, row "a"',
    'inputs.image["a"]',
    'inputs.mask_image["a"]',
  ]);
  assert.deepEqual(places({ inputs: ROW })[0], ["inputs", "inputs.image", "inputs.mask_image"]);
});
