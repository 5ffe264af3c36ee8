/** @file A checkpoint of 4 channels with v-prediction on a real server: the reference's image comes back over HTTP. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { resizeLanczos } from "../../src/tensor/resize-lanczos.js";
import { assertAllClose } from "../support/all-close.js";
import { fixturePath } from "../support/paths.js";
import { codec, sampleImage, sampleMask } from "../support/sample.js";
import {
  decodeResult,
  messageOf,
  oneRowRequest,
  rowsOf,
  startReadyServer,
} from "../support/server-process.js";

const MODEL_DIR = fixturePath("golden/architectures/sd2-v");

test("a text-to-image checkpoint with v-prediction gives diffusers' image over HTTP", async (t) => {
  const server = await startReadyServer(t, { MODEL_DIR });
  // test/fixtures/golden/architectures/cases.json, number 6
  const files = [sampleImage, sampleMask].map((picture) =>
    codec.encode(resizeLanczos(picture, 160, 120), { format: "png" }),
  );
  const [image, mask_image] = (await Promise.all(files)).map((file) => Buffer.from(file).toString("base64"));
  const parameters = {
    scheduler: "LCM",
    num_inference_steps: 4,
    strength: 0.3,
    guidance_scale: 7.5,
    padding_mask_crop: 32,
    clip_skip: 2,
    seed: 2724,
    preserve_unmasked: false,
  };
  const row = { prompt: "a yellow cat on a park bench", image, mask_image };
  const [answer] = rowsOf(await server.score(oneRowRequest(parameters, row)));
  const actual = await decodeResult(answer ?? assert.fail("no row"));
  const expected = await codec.decode(await readFile(fixturePath("golden/architectures/06.png")));
  assertAllClose(t, "image", actual.data, expected.data, { absolute: 1 });
});

test("a scheduler that has no such prediction type is refused by the row's number, before any network runs", async (t) => {
  const server = await startReadyServer(t, { MODEL_DIR, PREDICTION_TYPE: "sample" });
  const reply = await server.score(oneRowRequest({ scheduler: "EulerAncestralDiscrete" }));
  assert.equal(reply.status, 400);
  assert.match(
    messageOf(reply),
    /^data\[0\]: scheduler EulerAncestralDiscrete .* prediction_type is "sample"/,
  );
  assert.equal(await server.metric('inpaint_stage_seconds_count{stage="text"}'), 0);
});
