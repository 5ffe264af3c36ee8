/** @file Section C: what a client is told when something is wrong. */
import assert from "node:assert/strict";
import { unetCallsMade } from "../support/server-process.js";
import { ask, assertRefused, FAILED, JSON_TYPE, objectOf, post, rowsIn, score } from "./ask.js";
import { type ContractTest, contract } from "./contract-test.js";
import { KEYS } from "./servers.js";
import { base64, ROW, request, row, SMALL, withParameters } from "./small-rows.js";

export const SCORING_FAULT = "An unexpected error occurred in scoring script. Check the logs for more info.";
const INTERNAL_FAULT = "An unexpected internal error occurred. Check the logs for more info.";
export const NOT_FOUND =
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";
export const NOT_ALLOWED = "The method is not allowed for the requested URL.";
export const EMPTY = "POST body is empty. Expecting a JSON dictionary.";
export const NOT_OBJECT = "POST body should be a JSON dictionary.";
export const NO_INPUT_DATA = "A value is not provided for the 'input_data' parameter.";
export const NOT_JSON_TYPE = "Expects Content-Type to be application/json";
export const LONG_ID = "i".repeat(101);

const NOT_UTF8 = Buffer.from([0x7b, 0xff, 0x7d]);
const SECRET = "/models/secret.safetensors";

/** Long enough that whatever is to happen meanwhile does. */
const LONG_JOB = withParameters({ num_inference_steps: 900, height: 256, width: 256 });

export const errors: readonly ContractTest[] = [
  contract("C1", async ({ plain, strict, guarded }) => {
    const replies = [
      await score(plain, "{bad"),
      await score(plain, "{}", { "content-type": "text/plain" }),
      await score(plain, request([row({ mask_image: undefined })])),
      await score(strict, request([row({ mask_image: undefined })])),
      await score(strict, NOT_UTF8),
      await ask(plain, "/nope"),
      await ask(plain, "/score", { method: "PUT" }),
      await ask(plain, "/", { headers: { "x-request-id": LONG_ID } }),
      await score(guarded, "{}"),
      await score(guarded, " ".repeat(2000), { authorization: `Bearer ${KEYS[0]}` }),
    ];
    assert.deepEqual(
      replies.map(({ status }) => status),
      [400, 415, 400, 500, 500, 404, 405, 431, 401, 413],
    );
    for (const reply of replies) {
      assert.deepEqual(Object.keys(objectOf(reply)), ["message"]);
      assert.equal(reply.headers.get("content-type"), "application/json");
    }
    assert.deepEqual(
      replies.map(({ headers }) => headers.get(FAILED)),
      replies.map((_, i) => (i === 3 ? "True" : "False")),
    );
  }),

  contract("C2", async ({ plain, strict }) => {
    for (const server of [plain, strict]) {
      assertRefused(
        await score(server, "{bad"),
        400,
        /^POST body could not be decoded as JSON: \S.*position 1/,
      );
      assertRefused(await score(server, " "), 400, /^POST body could not be decoded as JSON: \S/);
    }
  }),

  contract("C3", async ({ plain, strict }) => {
    for (const server of [plain, strict]) assertRefused(await score(server, ""), 400, EMPTY);
  }),

  contract("C4", async ({ plain, strict }) => {
    for (const server of [plain, strict]) {
      for (const body of ["[1]", '"text"', "null", "3", "true"]) {
        assertRefused(await score(server, body), 400, NOT_OBJECT);
      }
    }
  }),

  contract("C5", async ({ plain, strict }) => {
    for (const server of [plain, strict]) {
      for (const body of ["{}", '{"data":1}', '{"parameters":{}}']) {
        assertRefused(await score(server, body), 400, NO_INPUT_DATA);
      }
    }
  }),

  contract("C6", async ({ plain }) => {
    const body = JSON.stringify(request());
    for (const type of ["text/plain", "application/jsonx", "multipart/form-data", "text/csv"]) {
      assertRefused(await score(plain, body, { "content-type": type }), 415, NOT_JSON_TYPE);
    }
    assertRefused(await ask(plain, "/score", { method: "POST", body }), 415, NOT_JSON_TYPE);
  }),

  contract("C7", async ({ strict, recorded }, scope) => {
    const throwing = await recorded.serve(scope, {}, () => {
      throw new Error(SECRET);
    });
    assertRefused(await score(throwing, request()), 500, SCORING_FAULT, "True");
    const bad = [
      request([row({ mask_image: undefined })]),
      request([row({ image: base64("some words") })]),
      request([row({ image: "%%%" })]),
      request([]),
      { input_data: null },
      { input_data: "rows" },
      withParameters({ unknown_parameter: 1 }),
    ];
    for (const body of bad) assertRefused(await score(strict, body), 500, SCORING_FAULT, "True");
    assert.equal(rowsIn(await score(strict, request())).length, 1);
  }),

  contract("C8", async ({ recorded }, scope) => {
    const hurried = await recorded.serve(scope, { SCORING_TIMEOUT_MS: "2000", MAX_STEPS: "1000" });
    assertRefused(await score(hurried, LONG_JOB), 500, "Scoring timeout after 2000 ms", "True");
    assert.equal(hurried.jobs.length, 1, "it was under way");
  }),

  contract("C9", async ({ plain, strict }) => {
    assertRefused(
      await score(plain, NOT_UTF8),
      400,
      "POST body could not be decoded as JSON: it is not UTF-8",
    );
    assertRefused(await score(strict, NOT_UTF8), 500, INTERNAL_FAULT);
  }),

  contract("C10", async ({ plain }) => {
    const message = "x-request-id must not exceed 100 characters";
    for (const path of ["/", "/score", "/nope", "/%zz"]) {
      assertRefused(await ask(plain, path, { headers: { "x-request-id": LONG_ID } }), 431, message);
    }
    const fits = await ask(plain, "/", { headers: { "x-request-id": LONG_ID.slice(1) } });
    assert.deepEqual([fits.status, fits.headers.get("x-request-id")], [200, LONG_ID.slice(1)]);
  }),

  contract("C11", async ({ plain }) => {
    const message = "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters";
    for (const name of ["x-ms-request-id", "x-ms-client-request-id"]) {
      assertRefused(await score(plain, "{bad", { [name]: LONG_ID }), 431, message);
      const fits = await ask(plain, "/", { headers: { [name]: LONG_ID.slice(1) } });
      assert.deepEqual([fits.status, fits.headers.get(name)], [200, LONG_ID.slice(1)]);
    }
  }),

  contract("C12", async ({ plain }) => {
    for (const path of ["/nope", "/%zz", "/score/", "/Score", "/score/x", "/swagger.json/"]) {
      assertRefused(await ask(plain, path), 404, NOT_FOUND);
      assertRefused(await post(plain, path, request()), 404, NOT_FOUND);
    }
  }),

  contract("C13", async ({ plain }) => {
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      for (const path of ["/score", "/", "/swagger.json"]) {
        assertRefused(await ask(plain, path, { method }), 405, NOT_ALLOWED);
      }
    }
    assertRefused(await post(plain, "/", "{}"), 405, NOT_ALLOWED);
  }),

  contract("C14", async ({ plain, strict }) => {
    for (const server of [plain, strict]) {
      const { status, text, headers } = await ask(server, "/score", {
        method: "HEAD",
        headers: { "x-request-id": "A" },
      });
      assert.deepEqual([status, text], [405, ""]);
      // Unlike other 405s it comes from the scoring path itself, with ids.
      assert.deepEqual([headers.get(FAILED), headers.get("x-request-id")], ["False", "A"]);
    }
  }),

  contract("C15", async ({ recorded, strict }, scope) => {
    const throwing = await recorded.serve(scope, {}, () => {
      throw new TypeError(`no file ${SECRET}`);
    });
    const reply = await score(throwing, request());
    assert.deepEqual(objectOf(reply), { message: SCORING_FAULT });
    assert.ok(![...reply.headers.values()].some((value) => value.includes("secret")));
    assert.match(
      JSON.stringify(await throwing.log.logged("request failed")),
      /no file \/models\/secret.*stack/,
    );
    const hidden = await score(strict, withParameters({ secret_word: 1 }));
    assert.ok(!hidden.text.includes("secret_word"));
  }),

  contract("C16", async ({ guarded }) => {
    const authorization = `Bearer ${KEYS[0]}`;
    const reply = await score(guarded, " ".repeat(1025), { authorization });
    assertRefused(reply, 413, "POST body is too large; at most 1024 bytes are accepted.");
    assertRefused(await score(guarded, `{}${" ".repeat(1022)}`, { authorization }), 400, NO_INPUT_DATA);
  }),

  contract("C17", async ({ plain }) => {
    const calls = await plain.metric("inpaint_unet_calls_total");
    const reply = score(plain, withParameters({ num_inference_steps: 30, height: 256, width: 256 }));
    await unetCallsMade(plain, calls + 1, reply);
    process.kill(await plain.process.workerReady(), "SIGKILL");
    assert.equal(rowsIn(await reply).length, 1);
    assert.ok((await plain.process.workerReady(2)) > 0);
  }),

  contract("C18", async ({ plain, strict, screened, recorded }, scope) => {
    const throwing = await recorded.serve(scope, {}, () => {
      throw new Error(SECRET);
    });
    const failures = [
      await score(plain, { input_data: 3 }),
      await score(plain, request([row({ mask_image: undefined })])),
      await score(plain, request([row({ image: base64("no image") })])),
      await score(plain, request([[ROW.prompt, ROW.image]])),
      await score(strict, request([row({ image: "%%%" })])),
      await score(throwing, request()),
      await score(screened, request([row({ prompt: "[[fault 503]]" })])),
    ];
    assert.deepEqual(
      failures.map(({ status }) => status),
      [400, 400, 400, 400, 500, 500, 503],
    );
    for (const reply of failures) assert.notEqual(reply.text, "{}");
    const refused = await score(screened, request([row({ prompt: "hate4" })]));
    assert.deepEqual([refused.status, refused.text], [200, "{}"]);
  }),

  contract("C19", async ({ plain }) => {
    for (const body of ["", "{bad", "{} {}"]) {
      const reply = await score(plain, body);
      assert.equal(reply.status, 400);
      assert.deepEqual(Object.keys(objectOf(reply)), ["message"], "no error object");
    }
  }),

  contract("C20", async ({ plain }) => {
    const missing = await ask(plain, "/nope");
    assert.deepEqual(objectOf(missing), { message: NOT_FOUND });
    const wrong = await ask(plain, "/score", { method: "PUT" });
    assert.deepEqual([objectOf(wrong), wrong.headers.get("allow")], [{ message: NOT_ALLOWED }, "POST"]);
    assert.equal((await ask(plain, "/", { method: "POST" })).headers.get("allow"), "GET, HEAD");
    const slash = await post(plain, "/score/", request());
    assert.deepEqual([slash.status, slash.headers.get("location")], [404, null]);
    // What pydantic's servers would call 422.
    assertRefused(await score(plain, { input_data: 3 }), 400, /^input_data: expected/);
  }),

  contract("C21", async ({ plain }) => {
    const invoke = (body: unknown, headers: Readonly<Record<string, string>> = JSON_TYPE) =>
      post(plain, "/invocations", body, headers);
    assertRefused(await invoke("{bad"), 400, /^POST body could not be decoded as JSON/);
    assertRefused(await invoke({ instances: [row({ mask_image: undefined })] }), 400, /mask_image: missing/);
    assertRefused(await invoke("a,b", { "content-type": "text/csv" }), 415, NOT_JSON_TYPE);
    const both = await invoke({ instances: [ROW], inputs: [ROW] });
    assertRefused(both, 400, /given more than once, under instances, inputs/);
    // Keys that switch MLflow's own server to another mode.
    const chat = await invoke({ messages: [], prompt: "x", dataframe_records: [ROW], parameters: SMALL });
    assert.deepEqual(Object.keys(objectOf(chat)), ["predictions"]);
  }),

  contract("C22", async ({ plain }) => {
    const reply = await score(plain, request([ROW, row({ image: undefined, mask_image: undefined, x: 1 })]));
    assertRefused(reply, 400, "data[1].image: missing; data[1].mask_image: missing");
  }),
];
