/** @file Pages of other origins: who may call, what the browser is told beforehand, that errors can be read too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LightMyRequestResponse } from "fastify";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { build, JSON_TYPE, post } from "./test-app.js";

const A = "https://a.example";
const ENV = { AML_CORS_ORIGINS: `${A}, https://b.example` };
const KEY = "0123456789abcdef0123";

const allowed = ({ headers }: LightMyRequestResponse) => headers["access-control-allow-origin"];

function assertEmptyHtml(reply: LightMyRequestResponse): void {
  assert.deepEqual([reply.statusCode, reply.body], [200, ""]);
  assert.match(String(reply.headers["content-type"]), /^text\/html/);
  assert.equal(reply.headers["x-ms-run-function-failed"], undefined);
}

test("without the setting there is no CORS, and OPTIONS is still answered where there is something", async (t) => {
  const { app } = build(t);
  for (const url of ["/score", "/", "/score?x=1", "/metrics"]) {
    const reply = await app.inject({ method: "OPTIONS", url, headers: { origin: A } });
    assertEmptyHtml(reply);
    assert.deepEqual([allowed(reply), reply.headers.vary], [undefined, undefined]);
  }
  assert.equal((await app.inject({ method: "OPTIONS", url: "/score" })).headers.allow, "POST, OPTIONS");
  for (const env of [{}, ENV]) {
    for (const url of ["/nope", "/%zz"]) {
      const unknown = await build(t, { env }).app.inject({ method: "OPTIONS", url });
      assert.equal(unknown.statusCode, 404);
    }
  }
});

test("a preflight lists GET and POST and answers the headers that are asked for, without a key", async (t) => {
  const { app } = build(t, { env: { ...ENV, API_KEYS: KEY } });
  const headers = {
    origin: A,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-mine",
  };
  const reply = await app.inject({ method: "OPTIONS", url: "/score", headers });
  assertEmptyHtml(reply);
  assert.equal(allowed(reply), A);
  assert.equal(reply.headers["access-control-allow-methods"], "GET, POST");
  assert.equal(reply.headers["access-control-allow-headers"], "authorization,content-type,x-mine");
  assert.match(String(reply.headers.vary), /\bOrigin\b/);
  const other = await app.inject({
    method: "OPTIONS",
    url: "/score",
    headers: { ...headers, origin: "https://c.example" },
  });
  assertEmptyHtml(other);
  assert.equal(allowed(other), undefined);
  assert.equal(other.headers["access-control-allow-methods"], undefined);
});

test("an allowed origin is named in every answer, errors too, and another in none", async (t) => {
  const errors = [
    new InpaintError("QUEUE_FULL", "full"),
    new InpaintError("WORKER_LOST", ""),
    new InpaintError("NOT_READY", ""),
  ];
  const scorer = { score: async () => Promise.reject(errors.shift()) };
  const { app } = build(t, { scorer, env: { ...ENV, MAX_BODY_BYTES: "1024", OPEN_ROUTES: "health" } });
  async function statuses(origin: string, expected: string | undefined): Promise<readonly number[]> {
    const headers = { ...JSON_TYPE, origin };
    const replies = [
      await app.inject({ url: "/", headers }),
      await post(app, "{bad", headers),
      await app.inject({ url: "/nope", headers }),
      await app.inject({ url: "/%zz", headers }),
      await app.inject({ method: "PUT", url: "/score", headers }),
      await post(app, " ".repeat(2000), headers),
      await post(app, "{}", { origin }),
      await post(app, "{}", { ...headers, "x-request-id": "x".repeat(101) }),
      await post(app, "{}", headers),
      await post(app, "{}", headers),
      await post(app, "{}", headers),
    ];
    for (const reply of replies) {
      assert.equal(allowed(reply), expected, `${reply.statusCode}`);
      assert.match(String(reply.headers.vary), /\bOrigin\b/);
    }
    return replies.map(({ statusCode }) => statusCode);
  }
  assert.deepEqual(await statuses(A, A), [200, 400, 404, 404, 405, 413, 415, 431, 429, 500, 503]);
  assert.equal((await statuses("https://c.example", undefined))[1], 400);
  const refused = build(t, { env: { ...ENV, API_KEYS: KEY } }).app;
  const unauthorized = await post(refused, "{}", { ...JSON_TYPE, origin: "https://b.example" });
  assert.deepEqual([unauthorized.statusCode, allowed(unauthorized)], [401, "https://b.example"]);
});

test("a script may read our headers", async (t) => {
  const { app } = build(t, { env: ENV });
  const reply = await app.inject({ url: "/", headers: { origin: A } });
  const exposed = String(reply.headers["access-control-expose-headers"]).split(", ");
  for (const name of ["x-inpaint-seeds", "x-request-id", "x-ms-run-function-failed", "retry-after"]) {
    assert.ok(exposed.includes(name), name);
  }
});

test("a star is every origin, named; a near miss of an origin is another one", async (t) => {
  const any = build(t, { env: { AML_CORS_ORIGINS: "*" } }).app;
  assert.equal(allowed(await any.inject({ url: "/", headers: { origin: "null" } })), "null");
  assert.equal(allowed(await any.inject("/")), undefined);
  const { app } = build(t, { env: ENV });
  for (const origin of ["http://a.example", `${A}:8443`, `${A}.evil.example`, "https://xa.example", "null"]) {
    assert.equal(allowed(await app.inject({ url: "/", headers: { origin } })), undefined, origin);
  }
});
