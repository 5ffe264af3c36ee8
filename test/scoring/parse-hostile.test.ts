/** @file Bodies that mean harm, or that JSON allows and Unicode does not: documented answers, and nothing beside them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { COLUMNS, parse, ROW, withRow } from "./parsing.js";

/** What `json` is refused with; as text, for only the parser makes keys of its own like `__proto__`. */
function refusal(json: string): string {
  try {
    parse(JSON.parse(json)).problems.throwIfAny();
  } catch (error) {
    assert.ok(error instanceof InpaintError, String(error));
    return error.message;
  }
  return assert.fail(`accepted ${json}`);
}

function accepted(json: string) {
  const { rows, problems } = parse(JSON.parse(json));
  problems.throwIfAny();
  return rows;
}

const KIN = ["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf"];
const FIELDS = '"prompt": "a", "image": "I", "mask": "M"';
const COLUMN_FIELDS = '"prompt": ["a"], "image": ["I"], "mask": ["M"]';

for (const name of KIN) {
  test(`${name} is a name like any other`, () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const poison = `"${name}": {"seed": 1, "image": "evil", "prompt": "evil", "mask_image": "evil"}`;
    for (const json of [
      `{${poison}, "instances": [{${FIELDS}, ${poison}}]}`,
      `{"inputs": {${FIELDS}, ${poison}}}`,
      `{"inputs": {${COLUMN_FIELDS}, ${poison}}}`,
      `{"input_data": {"columns": ["prompt", "image", "mask", "${name}"], "data": [["a", "I", "M", {}]]}}`,
    ]) {
      const [row] = accepted(json);
      assert.deepEqual(
        [row?.prompt, row?.image?.text, row?.maskImage?.text, row?.parameters?.seed],
        ["a", "I", "M", undefined],
        json,
      );
    }
    for (const [json, message] of [
      [`{"instances": [{${poison}}]}`, "instances[0].prompt: missing"],
      [
        `{"inputs": {"prompt": {"a": "x"}, "image": {"${name}": "I"}}}`,
        'inputs.image: lacks the row label "a"',
      ],
      [`{"inputs": {"prompt": {"${name}": "x"}, "image": {}}}`, `lacks the row label "${name}" of prompt`],
      [`{"params": {${poison}}, "inputs": {${FIELDS}}}`, `params: unknown parameter "${name}"`],
      [`{"input_data": {${poison}, "data": [{${FIELDS}}]}}`, `input_data: unknown key "${name}"`],
      [`{${poison}}`, "A value is not provided for the 'input_data' parameter."],
    ] as const) {
      assert.ok(refusal(json).includes(message), `${json}: ${refusal(json)}`);
    }
    const rows = accepted(
      `{"inputs": {"prompt": {"${name}": "x"}, "image": {"${name}": "I"}, "mask": {"${name}": "M"}}}`,
    );
    assert.equal(rows[0]?.prompt, "x");
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
    assert.ok(!("seed" in {}) && !("image" in {}));
  });
}

test("what an object inherits is not in it", () => {
  const heir = Object.create({ ...ROW, seed: "x", data: [ROW] });
  for (const body of [{ instances: [heir] }, { inputs: heir }]) {
    assert.throws(() => parse(body).problems.throwIfAny(), {
      message: /^(\S+)\.prompt: missing; \1\.image: missing; \1\.mask_image: missing$/,
    });
  }
  assert.throws(() => parse({ input_data: heir }), {
    message: "input_data.data: expected an array of rows, got undefined",
  });
});

test("of a key that stands twice the last counts, as in Python", () => {
  const [row] = accepted(
    `{"instances": [], "instances": [{"prompt": 1, ${FIELDS}, "seed": "x", "seed": 2}], "params": {"seed": 5}, "params": {}}`,
  );
  assert.deepEqual([row?.prompt, row?.parameters?.seed], ["a", 2]);
});

test("half of a surrogate pair is refused in a prompt, and the whole is text", () => {
  for (const [text, offset] of [
    ["\ud83d", 0],
    ["a\ude00", 1],
    ["😀\ude00\ud83d", 2],
  ] as const) {
    const problem = `holds half of a surrogate pair at offset ${offset}, which is no character`;
    const body = {
      params: { negative_prompt: text },
      input_data: withRow({ prompt: text, negative_prompt: text }),
    };
    assert.equal(
      refusal(JSON.stringify(body)),
      `params.negative_prompt: ${problem}; data[0].prompt: ${problem}; data[0].negative_prompt: ${problem}`,
    );
  }
  const rows = accepted(
    JSON.stringify({ input_data: withRow({ prompt: "😀\0", negative_prompt: "\ud83d\ude00" }) }),
  );
  assert.equal(rows[0]?.prompt, "😀\0");
  assert.equal(rows[0]?.parameters?.job.negativePrompt, "😀");
});

test("a prompt's characters are counted as JSON Schema counts them, and those of a negative one", () => {
  const bodyOf = (text: string) =>
    JSON.stringify({ input_data: withRow({ prompt: text, negative_prompt: text }) });
  assert.equal(accepted(bodyOf("😀".repeat(100)))[0]?.prompt, "😀".repeat(100));
  assert.match(
    refusal(bodyOf(`${"😀".repeat(100)}x`)),
    /^data\[0\]\.prompt: has 101 characters; at most 100 are accepted; data\[0\]\.negative_prompt: .* 100 characters/,
  );
});

test("numbers that no double holds are no number", () => {
  const huge = `1${"0".repeat(400)}`;
  assert.equal(
    refusal(
      `{"params": {"guidance_scale": ${huge}, "seed": 1e-400, "strength": -1e400}, "inputs": {${FIELDS}}}`,
    ),
    "params.guidance_scale: expected a number from 0 to 100, got Infinity; " +
      "params.strength: expected a number from 0 to 1, got -Infinity",
  );
  assert.equal(
    refusal(`{"params": {"seed": 9007199254740993}, "inputs": {${FIELDS}}}`),
    "params.seed: expected a whole number from 0 to 9007199254740991, got 9007199254740992",
  );
  assert.equal(accepted(`{"input_data": {"data": [{${FIELDS}}], "index": [${huge}]}}`).length, 1);
});

/** As long as a list may be; fails the test when an entry is looked at. */
function unreadableList(length = 2 ** 32 - 1): readonly unknown[] {
  return new Proxy(new Array<unknown>(length), {
    get(target, key) {
      if (key === "length") return target.length;
      assert.fail(`entry ${String(key)} of a list that is too long was read`);
    },
    ownKeys: () => assert.fail("the entries of a list that is too long were counted"),
  });
}

test("rows beyond the cap are refused before any is looked at", () => {
  const list = unreadableList();
  const words = "has 4294967295 rows; at most 4 are accepted";
  for (const [body, message] of [
    [{ input_data: list }, `input_data: ${words}`],
    [{ instances: list }, `instances: ${words}`],
    [{ input_data: { data: list, columns: COLUMNS, index: list } }, `input_data.data: ${words}`],
    [{ inputs: { prompt: list, image: list, seed: list } }, `inputs.prompt: ${words}`],
  ] as const) {
    assert.throws(() => parse(body), { code: "INVALID_INPUT", message });
  }
  // what is as long as it says beside few rows costs nothing either
  const { problems } = parse({ inputs: { prompt: ["a"], image: list, mask: ["M"], id: list } });
  assert.throws(() => problems.throwIfAny(), {
    message: "inputs.image: has 4294967295 values; prompt is a list of 1",
  });
  const indexed = parse({ input_data: { data: [ROW], index: list } });
  assert.throws(() => indexed.problems.throwIfAny(), {
    message: "input_data.index: has 4294967295 entries for 1 rows",
  });
});

test("a million labels are refused by their number", () => {
  const labels = Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [`r${i}`, "x"]));
  assert.throws(() => parse({ inputs: { prompt: labels } }), {
    message: "inputs.prompt: has 1000000 rows; at most 4 are accepted",
  });
});

test("a label of the caller's own is cut in messages", () => {
  const label = "l".repeat(100_000);
  const message = refusal(
    JSON.stringify({ inputs: { prompt: { [label]: 1 }, image: { [label]: "I" }, mask: {} } }),
  );
  assert.ok(message.length < 1000 && !message.includes("l".repeat(41)), message);
});
