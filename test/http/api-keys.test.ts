/** @file API keys: both are valid, all else is refused alike, before anything is read; what is open; what is logged. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import type { LightMyRequestResponse } from "fastify";
import type { Scorer } from "../../src/scoring/score.js";
import { assertRefused, build, JSON_TYPE, post } from "./test-app.js";

const FIRST = "first-key-0123456789";
const SECOND = "second-key-0123456789";
const ENV = { API_KEYS: `${FIRST},${SECOND}` };
const MESSAGE = "A valid API key is required: Authorization: Bearer <key>.";

function assertUnauthorized(reply: LightMyRequestResponse): void {
  assertRefused(reply, 401, MESSAGE);
  assert.equal(reply.headers["www-authenticate"], "Bearer");
  assert.equal(reply.headers["x-ms-run-function-failed"], "False");
}

test("either key opens, the scheme in any case", async (t) => {
  const { app } = build(t, { env: ENV });
  for (const authorization of [`Bearer ${FIRST}`, `bearer ${SECOND}`, `BEARER   ${FIRST}`]) {
    assert.equal((await post(app, "{}", { ...JSON_TYPE, authorization })).statusCode, 400, authorization);
  }
});

test("whatever else is sent is refused alike, and nothing of it or of the keys is logged", async (t) => {
  const never: Scorer = { score: () => assert.fail("the scorer was called") };
  const { app, log } = build(t, { scorer: never, env: ENV });
  const tried = [
    "",
    "Bearer",
    "Bearer ",
    FIRST,
    `Basic ${FIRST}`,
    `Bearer ${FIRST}x`,
    `Bearer ${FIRST.slice(1)}`,
    `Bearer ${FIRST.toUpperCase()}`,
    `Bearer ${FIRST},${SECOND}`,
    `Bearer ${FIRST} ${SECOND}`,
    `Bearer "${FIRST}"`,
    `Bearer ${"k".repeat(10_000)}`,
    "Bearer \u00e9\u0000",
  ];
  for (const authorization of tried) {
    assertUnauthorized(await post(app, "{}", { ...JSON_TYPE, authorization }));
  }
  assertUnauthorized(await post(app, "{}"));
  await log.logged("answered", tried.length + 1);
  const lines = JSON.stringify(log.lines("answered"));
  for (const secret of [FIRST, SECOND, "Bearer"]) assert.ok(!lines.includes(secret));
});

test("nothing is told to who has no key: neither a path, nor a type, nor a limit", async (t) => {
  const { app } = build(t, { env: { ...ENV, MAX_BODY_BYTES: "1024" } });
  for (const [method, url] of [
    ["GET", "/nope"],
    ["GET", "/%zz"],
    ["POST", "/score%"],
    ["PUT", "/score"],
    ["GET", "/score"],
    ["GET", "/info"],
    ["GET", "/metrics"],
    ["GET", "/health/"],
    ["GET", "//"],
  ] as const) {
    assertUnauthorized(await app.inject({ method, url }));
  }
  assertUnauthorized(await post(app, " ".repeat(2000), { "x-request-id": "x".repeat(101) }));
});

test("probes are open, or metrics too, or nothing", async (t) => {
  const open = { none: [], health: ["/", "/health/live", "/health/ready"] } as const;
  for (const [OPEN_ROUTES, paths] of [
    ["none", open.none],
    ["health", open.health],
    ["health,metrics", [...open.health, "/metrics"]],
  ] as const) {
    const { app } = build(t, { env: { ...ENV, OPEN_ROUTES } });
    const answered: string[] = [];
    for (const url of ["/", "/health/live", "/health/ready", "/info", "/metrics", "/nope", "/%zz"]) {
      for (const method of ["GET", "HEAD"] as const) {
        const { statusCode } = await app.inject({ method, url: `${url}?probe=1` });
        if (statusCode !== 401 && method === "GET") answered.push(url);
      }
    }
    assert.deepEqual(answered, paths, OPEN_ROUTES);
  }
});

test("the answer does not wait for the body", async (t) => {
  const { app } = build(t, { env: ENV });
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const client = connect(Number(port), "127.0.0.1");
  t.after(() => client.destroy());
  client.write(
    "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{",
  );
  let received = "";
  for await (const chunk of client) {
    received += chunk;
    if (received.includes(MESSAGE)) break;
  }
  assert.match(received, /^HTTP\/1\.1 401 /);
});

test("without keys everybody may call, whatever they send", async (t) => {
  const { app } = build(t);
  const reply = await post(app, "{}", { ...JSON_TYPE, authorization: "Bearer wrong" });
  assert.equal(reply.statusCode, 400);
});
