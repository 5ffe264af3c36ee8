/** @file KServe's V1 and V2 protocols as far as they are served: list, readiness, metadata, and other models' names. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertRefused, build, JSON_TYPE } from "./test-app.js";

const NAME = "sd2.inpaint-1";
const ENV = { MODEL_NAME: NAME };
const NOT_FOUND = /^The requested URL was not found/;

const READINESS: readonly (readonly [string, object])[] = [
  [`/v1/models/${NAME}`, { name: NAME }],
  [`/v2/models/${NAME}/ready`, { name: NAME }],
  ["/v2/health/ready", {}],
];

for (const [url, named] of READINESS) {
  test(`${url} says whether a job could be served, in its body and in its status`, async (t) => {
    let ready = false;
    const { app } = build(t, { env: ENV, isReady: () => ready });
    const refused = await app.inject(url);
    assert.deepEqual([refused.statusCode, refused.json()], [503, { ...named, ready: false }]);
    assert.equal(refused.headers["retry-after"], "5");
    ready = true;
    const reply = await app.inject(url);
    assert.deepEqual([reply.statusCode, reply.json()], [200, { ...named, ready: true }]);
    assert.equal(reply.headers["content-type"], "application/json");
    assert.equal((await app.inject({ method: "HEAD", url })).statusCode, 200);
  });
}

test("what does not depend on the model's state is told in every one", async (t) => {
  const { app } = build(t, { env: ENV, isReady: () => false });
  const told = async (url: string) => {
    const reply = await app.inject(url);
    assert.equal(reply.statusCode, 200, url);
    const body: unknown = reply.json();
    return body;
  };
  assert.deepEqual(await told("/v1/models"), { models: [NAME] });
  assert.deepEqual(await told("/v2/models"), { models: [NAME] });
  assert.deepEqual(await told("/v2/health/live"), { live: true });
  assert.deepEqual(await told("/v2"), {
    name: "inpaint-server",
    version: (await app.inject("/version")).body,
    extensions: [],
  });
  assert.deepEqual(await told(`/v2/models/${NAME}`), {
    name: NAME,
    platform: "onnx_onnxv1",
    inputs: [
      { name: "prompt", datatype: "BYTES", shape: [-1] },
      { name: "image", datatype: "BYTES", shape: [-1] },
      { name: "mask_image", datatype: "BYTES", shape: [-1] },
    ],
    outputs: [
      { name: "prompt", datatype: "BYTES", shape: [-1] },
      { name: "generated_image", datatype: "BYTES", shape: [-1] },
      { name: "nsfw_content_detected", datatype: "BOOL", shape: [-1] },
    ],
  });
});

test("another model's name is a 404 that says which is served", async (t) => {
  const { app } = build(t, { env: ENV });
  const message = `No model "other" is served here; the one that is has the name "${NAME}".`;
  for (const url of ["/v1/models/other", "/v2/models/other", "/v2/models/other/ready"]) {
    assertRefused(await app.inject(url), 404, message);
  }
  for (const url of ["/v1/models/other:predict", "/v2/models/other/infer"]) {
    assertRefused(await app.inject({ method: "POST", url, payload: "{}", headers: JSON_TYPE }), 404, message);
  }
  const long = await app.inject(`/v1/models/${"x".repeat(5000)}`);
  assert.ok(long.statusCode === 404 && long.body.length < 200, long.body);
});

test("V2's inference and versions are paths like any unknown one, and known paths have their methods", async (t) => {
  const { app } = build(t, { env: ENV });
  for (const path of [`/v2/models/${NAME}/infer`, `/v2/models/${NAME}/versions/1/ready`, "/v2/", "/v1"]) {
    assertRefused(await app.inject(path), 404, NOT_FOUND);
  }
  const get = await app.inject(`/v1/models/${NAME}:predict`);
  assertRefused(get, 405, /not allowed/);
  assert.equal(get.headers.allow, "POST");
  assertRefused(await app.inject({ method: "POST", url: `/v1/models/${NAME}` }), 405, /not allowed/);
});

test("the metrics name the path as clients write it", async (t) => {
  const { app } = build(t, { env: ENV });
  await app.inject({
    method: "POST",
    url: `/v1/models/${NAME}:predict`,
    payload: "{bad",
    headers: JSON_TYPE,
  });
  const { body } = await app.inject("/metrics");
  assert.match(
    body,
    /^inpaint_http_requests_total\{route="\/v1\/models\/sd2\.inpaint-1:predict",status="400"\} 1$/m,
  );
});
