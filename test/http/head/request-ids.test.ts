/** @file The ids of requests: which come back under which name, what is too long, what the log has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LightMyRequestResponse } from "fastify";
import { readRequestIds } from "../../../src/http/head/request-ids.js";
import { assertRefused, build, JSON_TYPE, post } from "../test-app.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ID_HEADERS = ["x-request-id", "x-ms-request-id", "x-ms-client-request-id"] as const;

/** In the order of ID_HEADERS. */
const idsOf = ({ headers }: LightMyRequestResponse) => ID_HEADERS.map((name) => headers[name]);

/** What is sent, in the order of ID_HEADERS, and what comes back; "new" is a generated id. */
const MATRIX = [
  [[], ["new", "new", undefined]],
  [["A"], ["A", "A", undefined]],
  [
    [undefined, "B"],
    ["new", "B", "B"],
  ],
  [
    ["A", "B"],
    ["A", "B", "B"],
  ],
  [
    [undefined, undefined, "C"],
    ["new", "C", "C"],
  ],
  [
    ["A", undefined, "C"],
    ["A", "C", "C"],
  ],
  [
    [undefined, "B", "C"],
    ["new", "B", "C"],
  ],
  [
    ["A", "B", "C"],
    ["A", "B", "C"],
  ],
  [
    ["", "", ""],
    ["new", "new", undefined],
  ],
] as const;

function headersOf(ids: readonly (string | undefined)[]): Record<string, string> {
  return Object.fromEntries(
    ID_HEADERS.flatMap((name, i) => {
      const id = ids[i];
      return id === undefined ? [] : [[name, id]];
    }),
  );
}

for (const [sent, expected] of MATRIX) {
  test(`ids ${JSON.stringify(sent)} come back as ${JSON.stringify(expected)}`, async (t) => {
    const { app, log } = build(t);
    const reply = await post(app, "{}", { ...JSON_TYPE, ...headersOf(sent) });
    assert.equal(reply.statusCode, 400);
    const generated = String(reply.headers["x-request-id"]);
    if (expected[0] === "new") assert.match(generated, UUID);
    assert.deepEqual(
      idsOf(reply),
      expected.map((id) => (id === "new" ? generated : id)),
    );
    assert.equal((await log.logged("answered")).reqId, generated, "each line of the log has it");
  });
}

test("two requests have two generated ids", async (t) => {
  const { app } = build(t);
  const [a, b] = await Promise.all([app.inject("/"), app.inject("/")]);
  assert.notEqual(a.headers["x-request-id"], b.headers["x-request-id"]);
});

test("an id of 100 characters passes, one of 101 is a 431", async (t) => {
  const { app, log } = build(t);
  const long = "i".repeat(101);
  for (const name of ID_HEADERS) {
    const fits = await post(app, "{}", { ...JSON_TYPE, [name]: long.slice(1) });
    assert.equal(fits.statusCode, 400);
    assert.equal(fits.headers[name], long.slice(1));
  }
  // Before content type, method and path are looked at.
  for (const url of ["/nope", "/%zz"]) {
    const own = await app.inject({ method: "PUT", url, headers: { "x-request-id": long } });
    assertRefused(own, 431, "x-request-id must not exceed 100 characters");
    assert.deepEqual(idsOf(own), [undefined, undefined, undefined]);
  }
  for (const name of ID_HEADERS.slice(1)) {
    const reply = await post(app, "{bad", { "x-request-id": "A", [name]: long });
    assertRefused(reply, 431, "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters");
    assert.deepEqual(idsOf(reply), ["A", undefined, undefined]);
    assert.equal(reply.headers["x-ms-run-function-failed"], "False");
  }
  await log.logged("answered", 7);
  for (const line of log.lines("answered")) assert.ok(!JSON.stringify(line).includes(long));
});

test("what Azure ML's server answers before it looks at ids has none", async (t) => {
  const { app } = build(t);
  for (const [method, url, status] of [
    ["GET", "/nope", 404],
    ["GET", "/%zz", 404],
    ["PUT", "/score", 405],
    ["POST", "/", 405],
  ] as const) {
    const reply = await app.inject({ method, url, headers: { "x-request-id": "A", traceid: "t" } });
    assert.equal(reply.statusCode, status);
    assert.deepEqual(idsOf(reply), [undefined, undefined, undefined]);
    assert.equal(reply.headers["x-ms-server-version"], undefined);
    assert.equal(reply.headers.traceid, undefined);
    assert.equal(reply.headers["x-ms-run-function-failed"], "False");
  }
});

test("the trace id goes back, cut and without what no header may hold", async (t) => {
  const { app } = build(t);
  const echo = async (TraceId: string) =>
    (await app.inject({ url: "/", headers: { TraceId } })).headers.traceid;
  assert.equal(await echo("t1"), "t1");
  assert.equal(await echo("t".repeat(5000)), "t".repeat(100));
  assert.equal(await echo("a\r\nset-cookie: x=1\u0100"), "a??set-cookie: x=1?");
});

test("odd characters of an id come back as question marks, an id sent twice as one", () => {
  const { requestId, headers } = readRequestIds({ "x-request-id": "a, b\u00e9\n", "x-ms-request-id": "é" });
  assert.equal(requestId, "a, b??");
  assert.deepEqual(headers, {
    "x-request-id": "a, b??",
    "x-ms-request-id": "?",
    "x-ms-client-request-id": "?",
  });
});
