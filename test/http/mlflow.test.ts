/** @file MLflow's probes: green only while a job could be served, in the form that its clients and SageMaker expect. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertRefused, build } from "./test-app.js";

for (const url of ["/ping", "/health"]) {
  test(`${url} is a newline of type JSON once the model is ready, and a 503 until then`, async (t) => {
    let ready = false;
    const { app } = build(t, { isReady: () => ready });
    const refused = await app.inject(url);
    assertRefused(refused, 503, "The model is not ready to serve.");
    assert.equal(refused.headers["retry-after"], "5");
    ready = true;
    const reply = await app.inject(url);
    assert.deepEqual([reply.statusCode, reply.body], [200, "\n"]);
    assert.equal(reply.headers["content-type"], "application/json");
    const head = await app.inject({ method: "HEAD", url });
    assert.deepEqual([head.statusCode, head.body], [200, ""]);
    assertRefused(await app.inject({ method: "POST", url }), 405, /not allowed/);
  });
}

test("/version is the package's own, as text, whatever the model's state", async (t) => {
  const description: unknown = JSON.parse(
    await readFile(new URL("../../../package.json", import.meta.url), "utf8"),
  );
  assert.ok(typeof description === "object" && description !== null && "version" in description);
  const { app } = build(t, { isReady: () => false });
  const reply = await app.inject("/version");
  assert.deepEqual([reply.statusCode, reply.body], [200, description.version]);
  assert.equal(reply.headers["content-type"], "text/plain; charset=utf-8");
});
