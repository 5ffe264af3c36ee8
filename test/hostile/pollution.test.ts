/** @file Keys that a prototype has, at every place of a body, through the whole application: no object gets any. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { build, post } from "../http/test-app.js";
import { NO_TIMES, runnerOf } from "../scoring/job-runners.js";
import { requestsOf } from "../scoring/request-arbitrary.js";
import { SMALL } from "../scoring/scoring.js";

const echo = runnerOf(async ({ image }) => ({ image, times: NO_TIMES, warnings: [] }));
const TABLE = {
  rows: [{ prompt: "a", image: SMALL, mask: SMALL, parameters: {} }],
  common: { seed: 7 },
};
const WRITING = {
  maskName: "mask",
  columnOrder: [0],
  places: [0],
  ownColumn: undefined,
  hasIndex: true,
} as const;
const POISON = '"polluted":true,"input_data":[],"data":[],"prompt":"evil","seed":1';
const KEYS = [
  `"__proto__":{${POISON}}`,
  `"constructor":{"prototype":{${POISON}}}`,
  `"\\u005f_proto__":{"__proto__":{${POISON}}}`,
];

test("no key of a body becomes one of every object", async (t) => {
  const { app } = build(t, { runner: echo });
  const before = [Object.prototype, Array.prototype, Function.prototype].map((each) => Reflect.ownKeys(each));
  const statuses = new Set<number>();
  for (const { what, body } of requestsOf(TABLE, WRITING)) {
    const text = JSON.stringify(body);
    const braces = [...text.matchAll(/\{(?=")/g)].map(({ index }) => index + 1);
    for (const key of KEYS) {
      for (const at of braces) {
        const { statusCode, body: answer } = await post(app, `${text.slice(0, at)}${key},${text.slice(at)}`);
        statuses.add(statusCode);
        assert.ok([200, 400].includes(statusCode), `${what}: ${answer}`);
        if (statusCode === 200) assert.match(answer, /^\[\{"prompt":"a",/, what);
      }
    }
  }
  assert.deepEqual(statuses, new Set([200, 400]));
  assert.ok(!("polluted" in {}) && !("seed" in []) && !("prompt" in (() => {})));
  const after = [Object.prototype, Array.prototype, Function.prototype].map((each) => Reflect.ownKeys(each));
  assert.deepEqual(after, before);
});
