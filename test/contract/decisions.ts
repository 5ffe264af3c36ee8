/** @file Section M: what this server does where Azure ML's servers of the model differ among themselves. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ServerProcess } from "../../src/bin/server-process.js";
import { fixturePath } from "../support/paths.js";
import { TEST_ENVIRONMENT } from "../support/server-process.js";
import { ask, asObject, assertRefused, imageIn, objectOf, post, rowsIn, score } from "./ask.js";
import { type ContractTest, contract } from "./contract-test.js";
import { NO_INPUT_DATA, NOT_ALLOWED, SCORING_FAULT } from "./errors.js";
import { assertHealthy } from "./health.js";
import { safetySettings } from "./servers.js";
import {
  base64,
  COLUMNS,
  IMAGE,
  IMAGE_FILE,
  MASK,
  plainImage,
  ROW,
  request,
  row,
  SMALL,
  turnsRed,
  withParameters,
} from "./small-rows.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const wrapped = (text: string) => `${text.replace(/.{76}/g, "$&\n")}\n`;

/** Colour modes that Pillow's users have: grey, with alpha, with a palette, CMYK, 1 and 16 bits. */
const MODES = ["l1.png", "l8.png", "la8.png", "p8-alpha.png", "rgba8.png", "rgb16.png", "photo-cmyk.jpg"];

export const decisions: readonly ContractTest[] = [
  contract("M1", async ({ plain }) => {
    const wanted = imageIn(await score(plain, request()));
    const { prompt, image } = ROW;
    const black = await plainImage(64, 64, [0, 0, 0]);
    const inputs = [
      { columns: ["prompt", "image", "mask"], data: [ROW] },
      { columns: COLUMNS, data: [{ prompt, image, mask: MASK }] },
      { columns: ["anything"], data: [ROW] },
      { data: [{ prompt, image, mask: black, mask_image: MASK }] },
      { columns: ["mask", "prompt", "image"], data: [[MASK, prompt, image]] },
      { columns: ["mask", "prompt", "image", "mask_image"], data: [[black, prompt, image, MASK]] },
    ];
    for (const input of inputs) {
      const reply = await score(plain, { input_data: { ...input, parameters: SMALL } });
      assert.equal(imageIn(reply), wanted, Object.keys(input.data[0] ?? {}).join());
    }
  }),

  contract("M2", async ({ plain }) => {
    const prompts = ["a cat", "ein Hund, \u{1f415}", ""];
    const reply = await score(plain, request(prompts.map((prompt) => row({ prompt }))));
    assert.deepEqual(
      rowsIn(reply).map(({ prompt }) => prompt),
      prompts,
    );
  }),

  contract("M3", async ({ plain, screened }) => {
    const flag = (rows: ReturnType<typeof rowsIn>) => rows[0]?.nsfw_content_detected;
    assert.equal(flag(rowsIn(await score(plain, request()))), null);
    assert.equal(flag(rowsIn(await score(screened, request()))), false);
    const blocked = rowsIn(await score(screened, request([row(await turnsRed())])));
    assert.equal(flag(blocked), true);
  }),

  contract("M4", async ({ recorded }, scope) => {
    const app = await recorded.serve(scope);
    const { num_inference_steps: _, ...small } = SMALL;
    const steps = (count: number) => ({ ...small, num_inference_steps: count });
    const { input_data } = request([ROW], { parameters: undefined });
    const bodies = [
      { params: steps(1), input_data },
      { params: steps(1), parameters: steps(2), input_data },
      { params: steps(1), parameters: steps(2), input_data: { ...input_data, params: steps(3) } },
      { params: steps(1), input_data: { ...input_data, params: steps(3), parameters: steps(4) } },
      { input_data: { columns: COLUMNS, data: [row({ num_inference_steps: 5 })], parameters: steps(4) } },
    ];
    for (const body of bodies) rowsIn(await score(app, body));
    assert.deepEqual(
      app.jobs.map(({ numInferenceSteps }) => numInferenceSteps),
      [1, 2, 3, 4, 5],
    );
  }),

  contract("M5", async ({ plain }) => {
    const wanted = imageIn(await score(plain, request()));
    const list = [ROW.prompt, ROW.image, ROW.mask_image];
    const columnar = { prompt: [ROW.prompt], image: [ROW.image], mask_image: [ROW.mask_image] };
    const split = { columns: COLUMNS, data: [list] };
    const bodies = [
      { input_data: split },
      { input_data: { data: [ROW] } },
      { input_data: [ROW] },
      { input_data: [list] },
      { input_data: columnar },
      { dataframe_split: split },
      { dataframe_records: [ROW] },
      { instances: [ROW] },
      { inputs: columnar },
    ];
    for (const body of bodies) {
      const shown = Object.keys(body).join();
      assert.equal(imageIn(await score(plain, { ...body, parameters: SMALL })), wanted, shown);
      const { predictions } = objectOf(await post(plain, "/invocations", { ...body, parameters: SMALL }));
      assert.ok(Array.isArray(predictions));
      assert.equal(asObject(predictions[0]).generated_image, wanted, shown);
    }
  }),

  contract("M6", async ({ plain }) => {
    const { input_data } = request([ROW, ROW]);
    assert.equal(rowsIn(await score(plain, { input_data })).length, 2);
    const [first] = rowsIn(await score(plain, { input_data: { ...input_data, index: ["b", 7] } }));
    assert.deepEqual(Object.keys(first ?? {}), ["prompt", "generated_image", "nsfw_content_detected"]);
    for (const index of [[0], [0, 1, 2], []]) {
      const reply = await score(plain, { input_data: { ...input_data, index } });
      assertRefused(reply, 400, `input_data.index: has ${index.length} entries for 2 rows`);
    }
  }),

  contract("M7", async ({ plain, strict }) => {
    const bad = [
      [request([row({ image: undefined })]), /^data\[0\]\.image: missing$/],
      [request([row({ image: "%%%" })]), /^data\[0\]\.image: not base64/],
      [request([row({ image: base64("words") })]), /^data\[0\]\.image: not an image/],
      [request([ROW, row({ prompt: 3 })]), /^data\[1\]\.prompt: expected text, got 3$/],
    ] as const;
    for (const [body, message] of bad) {
      assertRefused(await score(plain, body), 400, message);
      assertRefused(await score(strict, body), 500, SCORING_FAULT, "True");
    }
  }),

  contract("M8", async ({ plain }) => {
    await assertHealthy(plain);
    for (const path of ["/ping", "/health", "/health/live", "/health/ready"]) {
      assert.equal((await ask(plain, path)).status, 200, path);
      assert.equal((await ask(plain, path, { method: "HEAD" })).status, 200, path);
    }
  }),

  contract("M9", async ({ plain }) => {
    const file = Buffer.from(imageIn(await score(plain, request())), "base64");
    assert.equal(file.subarray(0, 8).toString("hex"), "89504e470d0a1a0a");
  }),

  contract("M10", async ({ plain }) => {
    const wanted = imageIn(await score(plain, request()));
    // A byte after the end of a PNG is nobody's, and this many ask for padding.
    const padded = base64(Buffer.concat([IMAGE_FILE, Buffer.alloc(1 + (3 - (IMAGE_FILE.length % 3)))]));
    assert.match(padded, /==$/);
    const texts = [
      wrapped(IMAGE),
      wrapped(IMAGE).replaceAll("\n", "\r\n"),
      `data:image/png;base64,${IMAGE}`,
      padded,
      padded.replace(/=+$/, ""),
      IMAGE.replaceAll("+", "-").replaceAll("/", "_"),
    ];
    for (const image of texts) {
      assert.equal(imageIn(await score(plain, request([row({ image })]))), wanted, image.slice(0, 30));
    }
    for (const image of [`${IMAGE.slice(0, 40)}%${IMAGE.slice(40)}`, "no base64!", `${IMAGE.slice(0, 9)}`]) {
      assertRefused(await score(plain, request([row({ image })])), 400, /^data\[0\]\.image: not base64/);
    }
  }),

  contract("M11", async ({ plain, screened, images }) => {
    const url = `${images.url}/dog.png`;
    const asked = images.asked();
    const refusal = "URLs are not accepted; send the image itself as base64";
    for (const field of ["image", "mask_image"]) {
      const reply = await score(plain, request([row({ [field]: url })]));
      assertRefused(reply, 400, `data[0].${field}: ${refusal}`);
    }
    const elsewhere = "http://127.0.0.1:9/dog.png";
    assertRefused(await score(screened, request([row({ image: elsewhere })])), 400, /^data\[0\]\.image: /);
    assert.equal(images.asked(), asked);
    const wanted = imageIn(await score(screened, request()));
    assert.equal(imageIn(await score(screened, request([row({ image: url })]))), wanted);
    assert.equal(images.asked(), asked + 1);
  }),

  contract("M12", async ({ plain }) => {
    for (const name of MODES) {
      const image = base64(await readFile(fixturePath(`golden/decode/${name}`)));
      const png = Buffer.from(imageIn(await score(plain, request([row({ image })]))), "base64");
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [64, 64], "width and height");
      assert.deepEqual([png[24], png[25]], [8, 2], `${name}: 8 bits, RGB`);
      const mask = request([row({ mask_image: image })]);
      if (name !== "photo-cmyk.jpg") rowsIn(await score(plain, mask));
    }
  }),

  contract("M13", async ({ screened }) => {
    for (const word of ["hate", "violence", "selfharm"]) {
      const equal = rowsIn(await score(screened, request([row({ prompt: `${word}2` })])));
      assert.notEqual(equal[0]?.generated_image, "");
      const over = await score(screened, request([ROW, row({ prompt: `${word}4` })]));
      assert.deepEqual([over.status, over.text], [200, "{}"]);
    }
  }),

  contract("M14", async ({ screened, safety }) => {
    const wrong = new ServerProcess({ ...TEST_ENVIRONMENT, ...safetySettings(safety.url, "wrong") });
    const { CONTENT_SAFETY_ENDPOINT } = safetySettings(safety.url);
    const nobody = new ServerProcess({ ...TEST_ENVIRONMENT, CONTENT_SAFETY_ENDPOINT });
    for (const { code, stderr } of await Promise.all([wrong.exited, nobody.exited])) {
      assert.equal(code, 1);
      assert.match(stderr, /^inpaint-server: .*CONTENT_SAFETY/);
    }
    // Nor does it fail open later.
    const outage = await score(screened, request([row({ prompt: "[[fault 500]] of M14" })]));
    assert.equal(outage.status, 503);
  }),

  contract("M15", async ({ screened, safety }) => {
    const [image, mask] = await Promise.all([
      plainImage(64, 64, [90, 91, 92]),
      plainImage(64, 64, [201, 200, 202]),
    ]);
    const before = safety.requests.length;
    const text = { prompt: "what is to be seen", negative_prompt: "what is not" };
    const body = {
      input_data: {
        columns: ["prompt", "image", "mask", "hate6"],
        index: ["hate6"],
        data: [{ ...text, image, mask, remark: "hate6" }],
        parameters: { ...SMALL, scheduler: "DDIM" },
      },
      remark: "hate6",
    };
    rowsIn(await score(screened, body));
    const seen = safety.requests.slice(before);
    const texts = seen.filter(({ kind }) => kind === "text").map(({ hash }) => hash);
    assert.deepEqual(texts.sort(), Object.values(text).map(sha256).sort());
    assert.equal(seen.length - texts.length, 3, "image, mask and result");
    for (const prompt of ["prompt", "negative_prompt"]) {
      const blocked = await score(screened, request([row({ [prompt]: "hate6" })]));
      assert.equal(blocked.text, "{}", prompt);
    }
    const red = await plainImage(64, 64, [250, 5, 5]);
    for (const field of ["image", "mask_image"]) {
      assert.equal((await score(screened, request([row({ [field]: red })]))).text, "{}", field);
    }
  }),

  contract("M18", async ({ plain }) => {
    const name = "x-ms-client-request-id";
    const id = "c".repeat(100);
    const fits = await score(plain, request(), { [name]: id });
    assert.deepEqual([fits.status, fits.headers.get(name)], [200, id]);
    const message = "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters";
    assertRefused(await score(plain, request(), { [name]: `${id}c` }), 431, message);
  }),

  contract("M19", async ({ plain }) => {
    const other = "runwayml-stable-diffusion-inpainting";
    const wanted = imageIn(await score(plain, request()));
    const named = await score(plain, { ...request(), model: other }, { "azureml-model-deployment": other });
    assert.equal(imageIn(named), wanted);
    assertRefused(await post(plain, `/v1/models/${other}:predict`, request()), 404, new RegExp(other));
  }),

  contract("M20", async ({ screened, safety }) => {
    const before = safety.requests.length;
    const image = await plainImage(2600, 80, [10, 120, 130]);
    rowsIn(await score(screened, request([row({ image })])));
    const images = safety.requests.slice(before).filter(({ kind }) => kind === "image");
    assert.ok(images.length >= 2, "image and result");
    assert.deepEqual(safety.refusals, [], "the fake service refuses what the service would");
  }),

  contract("M21", async ({ plain, strict }) => {
    for (const path of ["/score", "/score?input_data=1"]) {
      assertRefused(await ask(plain, path), 405, NOT_ALLOWED);
      assertRefused(await ask(strict, path), 400, NO_INPUT_DATA);
    }
    rowsIn(await score(strict, withParameters({})));
  }),
];
