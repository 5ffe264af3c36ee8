/** @file Whatever is thrown, in scoring or beside it, the answer is a message that tells no path and no stack. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ERROR_CODES, InpaintError } from "../../src/errors/inpaint-error.js";
import {
  errorReply,
  INTERNAL_FAULT_MESSAGE,
  SERVER_FAULT_MESSAGE,
} from "../../src/http/answer/error-reply.js";
import { assertRefused, build, JSON_TYPE, post } from "./test-app.js";

const SECRET = "/models/secret.safetensors";

function circular(): object {
  const object: Record<string, unknown> = { message: SECRET };
  object.self = object;
  return object;
}

const THROWN: readonly (readonly [what: string, thing: unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["a text", SECRET],
  ["a number", 0],
  ["a symbol", Symbol(SECRET)],
  ["an object that looks like a reply", { statusCode: 200, headers: { location: SECRET }, body: SECRET }],
  ["an object that holds itself", circular()],
  ["an error with a status", Object.assign(new Error(SECRET), { statusCode: 302, headers: { x: SECRET } })],
  ["an error with one of our codes", Object.assign(new Error(SECRET), { code: "INVALID_INPUT" })],
  ["an error with an unknown code", Object.assign(new Error(SECRET), { code: "ENOENT", path: SECRET })],
  ["an error without a message", new Error("")],
  ["an aggregate", new AggregateError([new Error(SECRET)], SECRET)],
  ["a DOMException", new DOMException(SECRET, "AbortError")],
  ["an error whose stack is a text of its own", Object.assign(new Error(SECRET), { stack: SECRET })],
  ...ERROR_CODES.filter((code) => errorReply(new InpaintError(code, "")).body.message !== "").map(
    (code) => [code, new InpaintError(code, SECRET, { cause: new Error(SECRET) })] as const,
  ),
];

for (const [what, thing] of THROWN) {
  test(`${what} is a 500 without its words, in scoring and beside it`, async (t) => {
    const { app } = build(t, {
      scorer: { score: () => Promise.reject(thing) },
      model: () => {
        throw thing;
      },
    });
    const scored = await post(app, "{}");
    assertRefused(scored, 500, SERVER_FAULT_MESSAGE);
    assert.equal(scored.headers["x-ms-run-function-failed"], "True");
    const beside = await app.inject("/info");
    assert.equal(beside.statusCode, 500);
    const streamed = await post(app, "{}", { ...JSON_TYPE, accept: "text/event-stream" });
    for (const reply of [scored, beside, streamed]) {
      assert.ok(!JSON.stringify([reply.headers, reply.body]).includes("secret"), reply.body);
      assert.doesNotMatch(reply.body, /\.[jt]s:\d|node_modules| at /);
    }
    assert.ok([SERVER_FAULT_MESSAGE, INTERNAL_FAULT_MESSAGE].includes(beside.json().message));
    assert.equal((await app.inject("/health/live")).statusCode, 200);
  });
}
