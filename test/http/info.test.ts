/** @file `GET /info`: what it tells of the model, the limits and the parameters. On a real model: test/server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";
import { SETTINGS } from "../../src/config/settings.js";
import { INPAINT_PARAMETERS_SCHEMA } from "../../src/scoring/wire-types.generated.js";
import { servedModel } from "./served-model.js";
import { assertRefused, build } from "./test-app.js";

const replySchema = z.strictObject({
  model: z.record(z.string(), z.unknown()),
  limits: z.record(z.string(), z.number()),
  parameters: z.record(z.string(), z.record(z.string(), z.unknown())),
});

test("it is a 503 while no model is open", async (t) => {
  assertRefused(await build(t).app.inject("/info"), 503, "The model is not ready to serve.");
});

test("it tells the model under names like those of the parameters", async (t) => {
  const reply = await build(t, { model: () => servedModel }).app.inject("/info");
  assert.equal(reply.statusCode, 200);
  assert.equal(reply.headers["content-type"], "application/json");
  assert.deepEqual(replySchema.parse(reply.json()).model, {
    name: "sd2",
    hash: "0123456789abcdef",
    architecture: "a UNet",
    unet_channels: 9,
    text_encoder_layers: 23,
    prediction_type: "epsilon",
    scheduler: "PNDMScheduler",
    weights_dtype: "F16",
    precision: "float32",
    execution_provider: "cpu",
    height: 512,
    width: 768,
    parameter_counts: { text_encoder: 1, unet: 2, vae: 3 },
  });
});

test("it tells every limit by its setting's name", async (t) => {
  const env = { MAX_STEPS: "99", MAX_IMAGES_PER_PROMPT: "2", MAX_ROWS: "3" };
  const reply = await build(t, { env, model: () => servedModel }).app.inject("/info");
  const { limits } = replySchema.parse(reply.json());
  const names = Object.values(SETTINGS)
    .map((setting) => setting.env)
    .filter((name) => name.startsWith("MAX_"));
  assert.deepEqual(Object.keys(limits).sort(), names.map((name) => name.toLowerCase()).sort());
  assert.deepEqual([limits.max_steps, limits.max_images_per_prompt, limits.max_rows], [99, 2, 3]);
});

test("the parameters are told by a schema that holds this server's ranges and defaults", async (t) => {
  const env = { MAX_STEPS: "99", DEFAULT_STEPS: "20", DEFAULT_SCHEDULER: "DDIM" };
  const reply = await build(t, { env, model: () => servedModel }).app.inject("/info");
  const { parameters } = replySchema.parse(reply.json());
  assert.deepEqual(Object.keys(parameters), Object.keys(INPAINT_PARAMETERS_SCHEMA.properties));
  const { num_inference_steps: steps, scheduler } = parameters;
  assert.deepEqual([steps?.maximum, steps?.default, scheduler?.default], [99, 20, "DDIM"]);
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile({
    type: "object",
    properties: parameters,
  });
  assert.equal(validate({ num_inference_steps: 99, scheduler: null }), true);
  assert.equal(validate({ num_inference_steps: 100 }), false);
});
