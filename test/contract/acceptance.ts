/** @file Section N: whole cases as clients of Azure ML send them, in the contract's order. */
import assert from "node:assert/strict";
import { codec, sampleImageFile, sampleMaskFile } from "../support/sample.js";
import { cardRequest, decodeResult, oneRowRequest, rowsOf } from "../support/server-process.js";
import { at, badVersion, fetchDocument } from "./api-document.js";
import { ask, assertRefused, FAILED, imageIn, JSON_TYPE, objectOf, rowsIn, score } from "./ask.js";
import { type ContractTest, contract } from "./contract-test.js";
import {
  EMPTY,
  LONG_ID,
  NO_INPUT_DATA,
  NOT_ALLOWED,
  NOT_FOUND,
  NOT_JSON_TYPE,
  NOT_OBJECT,
  SCORING_FAULT,
} from "./errors.js";
import { assertIdMatrix } from "./headers.js";
import { assertHealthy, NOT_READY } from "./health.js";
import { serveUnopened } from "./recorded-engine.js";
import { KEYS, ORIGINS } from "./servers.js";
import { base64, IMAGE, MASK, ROW, request, row, SIDE, turnsRed, withParameters } from "./small-rows.js";

const wrapped = (file: Buffer) => `${file.toString("base64").replace(/.{76}/g, "$&\n")}\n`;

export const acceptance: readonly ContractTest[] = [
  contract("N1", async ({ plain }) => {
    const { input_data } = cardRequest({});
    const { parameters: _, ...literal } = input_data;
    const rows = rowsOf(await score(plain, { input_data: literal }));
    assert.deepEqual(
      rows.map(({ prompt, nsfw_content_detected: nsfw }) => [prompt, nsfw]),
      literal.data.map(({ prompt }) => [prompt, null]),
    );
    assert.equal(new Set(rows.map(({ generated_image }) => generated_image)).size, 2);
    for (const each of rows) assert.equal((await decodeResult(each)).width, 512);
  }),

  contract("N2", async ({ plain }) => {
    const data = [{ image: wrapped(sampleImageFile), mask_image: wrapped(sampleMaskFile), prompt: "a cat" }];
    const reply = await score(plain, {
      input_data: { columns: ["image", "mask_image", "prompt"], index: [0], data },
    });
    assert.equal(rowsIn(reply).length, 1);
    const image = imageIn(reply);
    assert.match(image, /^[A-Za-z0-9+/]+={0,2}$/);
    const png = Buffer.from(image, "base64");
    assert.equal(png.subarray(0, 8).toString("hex"), "89504e470d0a1a0a");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [512, 512], "width and height");
    assert.deepEqual([png[24], png[25]], [8, 2], "8 bits, RGB");
    assert.equal((await codec.decode(png)).data.length, 512 * 512 * 3);
  }),

  contract("N3", async ({ recorded }, scope) => {
    const app = await recorded.serve(scope);
    const data = [{ ...ROW, negative_prompt: "blurry; three ears", height: SIDE, width: SIDE }];
    const reply = await score(app, {
      input_data: {
        columns: ["image", "mask_image", "prompt", "negative_prompt"],
        data,
        parameters: { num_inference_steps: 50, guidance_scale: 7.5 },
      },
    });
    assert.equal(rowsIn(reply).length, 1);
    const [job, ...more] = app.jobs;
    assert.deepEqual(more, []);
    assert.deepEqual(
      [job?.prompt, job?.negativePrompt, job?.numInferenceSteps, job?.guidanceScale],
      [ROW.prompt, "blurry; three ears", 50, 7.5],
    );
  }),

  contract("N4", async ({ plain }) => {
    const objects = await score(plain, request([row({ prompt: "cat" }), row({ prompt: "dog" })]));
    assert.deepEqual(
      rowsIn(objects).map(({ prompt }) => prompt),
      ["cat", "dog"],
    );
    const straight = ["prompt", "image", "mask_image"] as const;
    for (const columns of [straight, [...straight].reverse(), ["image", "prompt", "mask_image"] as const]) {
      const data = ["cat", "dog"].map((prompt) =>
        columns.map((name) => ({ prompt, image: IMAGE, mask_image: MASK })[name]),
      );
      assert.equal((await score(plain, request(data, { columns }))).text, objects.text, columns.join());
    }
  }),

  contract("N5", async ({ plain }) => {
    const data = [row({ prompt: "cat" }), row({ prompt: "dog" })];
    const wanted = await score(plain, request(data));
    rowsIn(wanted);
    for (const index of [
      ["b", "a"],
      [7, 7],
      [5, 3],
    ]) {
      assert.equal((await score(plain, request(data, { index }))).text, wanted.text);
    }
  }),

  contract("N6", async ({ plain }) => {
    const reply = await score(plain, request([ROW, ROW], { index: [0] }));
    assertRefused(reply, 400, "input_data.index: has 1 entries for 2 rows");
  }),

  contract("N7", async ({ plain }) => {
    assertRefused(await score(plain, "{bad"), 400, /^POST body could not be decoded as JSON: \S/, "False");
  }),

  contract("N8", async ({ plain }) => {
    assertRefused(await score(plain, ""), 400, EMPTY);
    assertRefused(await ask(plain, "/score", { method: "POST", headers: JSON_TYPE }), 400, EMPTY);
    assertRefused(await score(plain, "[1]"), 400, NOT_OBJECT);
  }),

  contract("N9", async ({ plain }) => {
    assertRefused(await score(plain, '{"data":1}'), 400, NO_INPUT_DATA);
  }),

  contract("N10", async ({ plain }) => {
    const body = JSON.stringify(request());
    assertRefused(await score(plain, body, { "content-type": "text/plain" }), 415, NOT_JSON_TYPE);
    assertRefused(await ask(plain, "/score", { method: "POST", body }), 415, NOT_JSON_TYPE);
    for (const type of ["application/json; charset=utf-8", "application/vnd.x+json"]) {
      rowsIn(await score(plain, body, { "content-type": type }));
    }
  }),

  contract("N11", async ({ plain, strict }) => {
    for (const [changes, message] of [
      [{ mask_image: undefined }, "data[0].mask_image: missing"],
      [{ image: base64("this is text") }, /^data\[0\]\.image: not an image/],
    ] as const) {
      const body = request([row(changes)]);
      assertRefused(await score(strict, body), 500, SCORING_FAULT, "True");
      assertRefused(await score(plain, body), 400, message, "False");
    }
  }),

  contract("N12", async ({ recorded }, scope) => {
    const secret = "/models/secret.onnx";
    const throwing = await recorded.serve(scope, {}, () => {
      throw new Error(secret);
    });
    const reply = await score(throwing, request());
    assertRefused(reply, 500, SCORING_FAULT, "True");
    assert.ok(!reply.text.includes("secret") && !/\bat .+:\d+/.test(reply.text), reply.text);
    const slow = await recorded.serve(scope, { SCORING_TIMEOUT_MS: "500", MAX_STEPS: "1000" });
    const long = oneRowRequest({ num_inference_steps: 900 });
    assertRefused(await score(slow, long), 500, "Scoring timeout after 500 ms", "True");
  }),

  contract("N13", async ({ plain }) => {
    await assertIdMatrix((ids) => score(plain, request(), ids));
    for (const [name, message] of [
      ["x-request-id", "x-request-id must not exceed 100 characters"],
      ["x-ms-request-id", "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters"],
      ["x-ms-client-request-id", "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters"],
    ] as const) {
      rowsIn(await score(plain, request(), { [name]: LONG_ID.slice(1) }));
      assertRefused(await score(plain, request(), { [name]: LONG_ID }), 431, message);
    }
    const { headers } = await score(plain, request(), { TraceId: "t1" });
    assert.equal(headers.get("TraceId"), "t1");
    assert.match(String(headers.get("x-ms-run-fn-exec-ms")), /^\d+\.\d{3}$/);
  }),

  contract("N14", async ({ plain }, scope) => {
    await assertHealthy(plain);
    assert.equal((await ask(plain, "/health/ready")).status, 200);
    const unopened = await serveUnopened(scope);
    await assertHealthy(unopened);
    assertRefused(await ask(unopened, "/health/ready"), 503, NOT_READY);
  }),

  contract("N15", async ({ plain, guarded }) => {
    const { status, text } = await ask(plain, "/score", { method: "OPTIONS" });
    assert.deepEqual([status, text], [200, ""]);
    const authorization = `Bearer ${KEYS[0]}`;
    for (const [origin, echoed] of [
      [ORIGINS[0], ORIGINS[0]],
      [ORIGINS[1], ORIGINS[1]],
      ["https://c.example", null],
    ] as const) {
      const bad = await score(guarded, "{bad", { authorization, origin });
      assert.deepEqual([bad.status, bad.headers.get("access-control-allow-origin")], [400, echoed]);
      const preflight = await ask(guarded, "/score", {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
      assert.deepEqual(
        [
          preflight.status,
          preflight.headers.get("access-control-allow-origin"),
          preflight.headers.get("access-control-allow-methods"),
        ],
        [200, echoed, echoed === null ? null : "GET, POST"],
      );
    }
  }),

  contract("N16", async ({ plain }) => {
    const document = await fetchDocument(plain);
    assert.equal(document.swagger, "2.0");
    const input = at(document, "definitions", "ServiceInput", "properties", "input_data");
    assert.deepEqual(at(input, "required"), ["columns", "index", "data"]);
    assert.equal((await fetchDocument(plain, "?version=3")).openapi, "3.0.3");
    assertRefused(await ask(plain, "/swagger.json?version=9"), 404, badVersion("9"));
  }),

  contract("N17", async ({ plain }) => {
    assertRefused(await ask(plain, "/score", { method: "PUT" }), 405, NOT_ALLOWED);
    assertRefused(await ask(plain, "/nope"), 404, NOT_FOUND);
  }),

  contract("N18", async ({ screened, safety }) => {
    const jobs = async () =>
      (await screened.metric('inpaint_jobs_total{outcome="done"}')) +
      (await screened.metric("inpaint_unet_calls_total"));
    const before = await jobs();
    const blocked = await score(screened, request([ROW, row({ prompt: "violence4" })]));
    assert.deepEqual([blocked.status, blocked.text], [200, "{}"]);
    assert.equal(await jobs(), before, "the engine was not asked");
    rowsIn(await score(screened, request([row({ prompt: "violence2" })])));
    assert.ok((await jobs()) > before);

    const reply = await score(screened, request([ROW, row(await turnsRed()), ROW]));
    const [first, second, third] = rowsIn(reply);
    const wanted = imageIn(await score(screened, request()));
    assert.deepEqual([first?.generated_image, third?.generated_image], [wanted, wanted]);
    assert.deepEqual([second?.prompt, second?.generated_image], [ROW.prompt, ""]);
    assert.equal(reply.headers.get(FAILED), "False");

    // What was never asked about: neither prompt nor picture is among the verdicts that are remembered.
    const after = await jobs();
    for (const fault of ["reset", "503", "empty object"]) {
      const outage = await score(screened, request([row({ prompt: `[[fault ${fault}]] of N18` })]));
      assert.equal(outage.status, 503);
      assert.deepEqual(Object.keys(objectOf(outage)), ["message"]);
    }
    assert.equal(await jobs(), after);
    safety.fail("reset", 3, "image");
    const unseen = await score(screened, withParameters({ seed: 77 }));
    safety.recover();
    assert.equal(unseen.status, 503, "the result could not be screened");
    assert.deepEqual(Object.keys(objectOf(unseen)), ["message"]);
  }),
];
