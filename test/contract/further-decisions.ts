/** @file Decisions of this server's own, beside those of section M. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { fixturePath } from "../support/paths.js";
import { codec } from "../support/sample.js";
import { type Reply, unetCallsMade } from "../support/server-process.js";
import { dataOf, readEvents } from "../support/server-sent-events.js";
import { ask, asObject, assertRefused, type Endpoint, imageIn, objectOf, rowsIn, score } from "./ask.js";
import { type ContractTest, contract } from "./contract-test.js";
import { MODEL_FOLDER } from "./servers.js";
import {
  base64,
  IMAGE,
  IMAGE_FILE,
  MASK_FILE,
  plainImage,
  ROW,
  request,
  row,
  SIDE,
  SMALL,
  withParameters,
} from "./small-rows.js";

const EVENTS = { accept: "text/event-stream" };

const warningsOf = (reply: Reply) => String(rowsIn(reply)[0]?.warnings);
const fileOf = (reply: Reply) => Buffer.from(imageIn(reply), "base64");

async function previewsOf(endpoint: Endpoint): Promise<number> {
  const reply = await score(endpoint, withParameters({ num_inference_steps: 3 }), EVENTS);
  const progress = dataOf(readEvents(reply.text).events, "progress").map(asObject);
  assert.ok(progress.length > 0, reply.text.slice(0, 500));
  return progress.filter((data) => "preview" in data).length;
}

export const furtherDecisions: readonly ContractTest[] = [
  contract("X1", async ({ plain }) => {
    const limits = asObject(objectOf(await ask(plain, "/info")).limits);
    assert.equal(limits.max_body_bytes, 32 * 1024 * 1024);
    const text = JSON.stringify(request());
    for (const literal of ["NaN", "Infinity", "-Infinity"]) {
      const body = text.replace('"seed":5', `"seed":${literal}`);
      assertRefused(await score(plain, body), 400, /^POST body could not be decoded as JSON: /);
    }
    assert.equal(imageIn(await score(plain, `\ufeff${text}`)), imageIn(await score(plain, text)));
    const turned = base64(await readFile(fixturePath("golden/decode/photo-turned.jpg")));
    const reply = await score(plain, withParameters({ details: true }, { image: turned }));
    assert.match(warningsOf(reply), /image: its EXIF orientation \d was ignored/);
  }),

  contract("X2", async ({ plain, recorded }, scope) => {
    const keys = (reply: Reply) => rowsIn(reply).map((each) => Object.keys(each));
    const three = ["prompt", "generated_image", "nsfw_content_detected"];
    const bare = await score(plain, request([ROW, ROW]));
    assert.deepEqual(keys(bare), [three, three]);
    assert.equal(bare.headers.get("x-inpaint-seeds"), "5,5");
    const detailed = await score(plain, withParameters({ details: true }));
    assert.deepEqual(keys(detailed), [[...three, "seed", "warnings", "timings"]]);

    const app = await recorded.serve(scope, {}, ({ prompt }) => {
      if (prompt === "fails") throw new InpaintError("INFERENCE_FAILED", "/models/secret");
    });
    const [good, bad] = rowsIn(await score(app, request([ROW, row({ prompt: "fails" })])));
    assert.equal(good?.generated_image, rowsIn(bare)[0]?.generated_image);
    assert.deepEqual(bad, {
      prompt: "fails",
      generated_image: "",
      nsfw_content_detected: null,
      error: {
        code: "INFERENCE_FAILED",
        message: "The model failed on this row. Check the logs for more info.",
      },
    });
  }),

  contract("X3", async ({ plain }) => {
    const wanted = imageIn(await score(plain, request()));
    assert.equal(imageIn(await score(plain, request([row({ remark: 1, parameters: "x" })]))), wanted);
    const known = Object.keys(asObject(objectOf(await ask(plain, "/info")).parameters));
    assert.ok(known.includes("num_inference_steps"));
    const message = `input_data.parameters: unknown parameter "strenght"; known are ${known.join(", ")}`;
    assertRefused(await score(plain, withParameters({ strenght: 1 })), 400, message);
  }),

  contract("X4", async ({ plain }, scope) => {
    // A row of 150 steps is 19.7 megapixel rows, and MAX_QUEUED_WORK 20; an empty queue takes any number.
    const large = { ...SMALL, num_inference_steps: 150, height: 256, width: 256 };
    const body = JSON.stringify(request([ROW], { parameters: large }));
    const alone = await score(plain, body, { "x-inpaint-timeout-ms": "150" });
    assertRefused(alone, 500, "Scoring timeout after 150 ms", "True");

    const leaving = new AbortController();
    scope.after(() => leaving.abort());
    const calls = await plain.metric("inpaint_unet_calls_total");
    const first = plain.score(body, { signal: leaving.signal });
    await unetCallsMade(plain, calls + 1, first);
    const reply = await score(plain, body);
    assertRefused(reply, 429, /^the queue is full: /);
    assert.match(String(reply.headers.get("retry-after")), /^[1-9]\d*$/);
    leaving.abort();
    await assert.rejects(first);
    await plain.process.logged(({ msg }) => msg === "the client went away");
    rowsIn(await score(plain, request()));
  }),

  contract("X5", async ({ plain, screened }) => {
    // CONTENT_SAFETY_THRESHOLD_SEXUAL is 4, the others' 2.
    rowsIn(await score(screened, request([row({ prompt: "sexual4" })])));
    for (const prompt of ["hate4", "sexual6"]) {
      assert.equal((await score(screened, request([row({ prompt })]))).text, "{}", prompt);
    }
    assert.ok((await previewsOf(plain)) > 0);
    assert.equal(await previewsOf(screened), 0);
  }),

  contract("X6", async ({ plain }) => {
    const calls = () => plain.metric("inpaint_unet_calls_total");
    const before = await calls();
    const black = await plainImage(SIDE, SIDE, [0, 0, 0]);
    const kept = await score(plain, withParameters({ details: true }, { mask_image: black }));
    assert.match(warningsOf(kept), /the mask leaves nothing to repaint/);
    assert.equal(await calls(), before);
    assert.deepEqual((await codec.decode(fileOf(kept))).data, (await codec.decode(IMAGE_FILE)).data);

    const flat = base64(
      await sharp(MASK_FILE)
        .resize(SIDE, SIDE / 2, { fit: "fill" })
        .png()
        .toBuffer(),
    );
    const stretched = await score(plain, withParameters({ details: true }, { mask_image: flat }));
    assert.match(
      warningsOf(stretched),
      /the mask of 64x32 pixels has another aspect than the image of 64x64/,
    );

    const clear = await sharp(MASK_FILE).ensureAlpha(0).png().toBuffer();
    assert.equal((await sharp(clear).stats()).isOpaque, false);
    const seen = await score(plain, request([row({ mask_image: base64(clear) })]));
    assert.equal(imageIn(seen), imageIn(await score(plain, request())));
  }),

  contract("X7", async ({ recorded, plain }, scope) => {
    const format = async (parameters: object) => {
      const { format } = await sharp(fileOf(await score(plain, withParameters(parameters)))).metadata();
      return format;
    };
    assert.equal(await format({}), "png");
    assert.equal(await format({ output_format: "jpeg", output_quality: 50 }), "jpeg");
    assert.equal(await format({ output_format: "webp" }), "webp");
    const capped = await recorded.serve(scope, {
      DEFAULT_STEPS: "2",
      DEFAULT_SCHEDULER: "DDIM",
      MAX_STEPS: "3",
      MAX_ROWS: "2",
      MAX_IMAGES_PER_PROMPT: "1",
      MAX_PIXELS: "4096",
      MAX_PROMPT_CHARS: "10",
    });
    const { num_inference_steps: _, ...unsaid } = SMALL;
    rowsIn(await score(capped, request([ROW], { parameters: unsaid })));
    const [job] = capped.jobs;
    assert.deepEqual([job?.numInferenceSteps, job?.scheduler], [2, "DDIM"]);
    const larger = base64(await sharp(Buffer.from(IMAGE, "base64")).resize(65, 64).png().toBuffer());
    for (const [body, message] of [
      [withParameters({ num_inference_steps: 4 }), /num_inference_steps: .*from 1 to 3, got 4/],
      [request([ROW, ROW, ROW]), /at most 2/],
      [withParameters({ num_images_per_prompt: 2 }), /num_images_per_prompt: .*got 2/],
      [request([row({ image: larger })]), /^data\[0\]\.image: .*65×64/],
      [request([row({ prompt: "x".repeat(11) })]), /^data\[0\]\.prompt: has 11 characters; at most 10/],
    ] as const) {
      assertRefused(await score(capped, body), 400, message);
    }
    assert.equal(capped.jobs.length, 1);
  }),

  contract("X8", async ({ plain }) => {
    const { model, limits } = objectOf(await ask(plain, "/info"));
    const { hash, weights_dtype, execution_provider, name, architecture } = asObject(model);
    assert.match(String(hash), /^[0-9a-f]{16,}$/);
    assert.deepEqual([name, execution_provider], [MODEL_FOLDER, "cpu"]);
    assert.match(String(weights_dtype), /^B?F\d+$/);
    assert.match(String(architecture), /\S/);
    const { max_rows, max_steps, max_pixels } = asObject(limits);
    assert.deepEqual([max_rows, max_steps, max_pixels], [16, 150, 16_777_216]);
  }),
];
