/** @file The API document of a running application, read and compiled. Knows the documents' form; knows no path. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { NO_TIMES, runnerOf } from "../scoring/job-runners.js";
import { servedModel } from "./served-model.js";
import { build } from "./test-app.js";

const mediaSchema = z.object({
  schema: z.unknown(),
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const operationSchema = z.object({
  operationId: z.string(),
  tags: z.array(z.string()),
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), schema: z.record(z.string(), z.unknown()) }))
    .optional(),
  requestBody: z.object({ content: z.record(z.string(), mediaSchema) }).optional(),
  responses: z.record(
    z.string(),
    z.object({
      headers: z.record(z.string(), z.unknown()).optional(),
      content: z.record(z.string(), mediaSchema).optional(),
    }),
  ),
});
/** Of version 3, as far as the tests look. */
export const documentSchema = z.object({
  openapi: z.string(),
  info: z.record(z.string(), z.string()),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});
export const anyDocument = z.record(z.string(), z.unknown());

/** Gives each job its own image back. */
export const echo = runnerOf(async ({ image }) => ({ image, times: NO_TIMES, warnings: [] }));

export function readyApp(t: TestContext, env: Readonly<Record<string, string>> = {}) {
  return build(t, { runner: echo, model: () => servedModel, env }).app;
}

export async function fetchDocument(app: FastifyInstance, url = "/openapi.json") {
  const reply = await app.inject(url);
  assert.equal(reply.statusCode, 200, reply.body);
  assert.equal(reply.headers["content-type"], "application/json");
  return anyDocument.parse(reply.json());
}

/** Compiles the schema at `path`, keys from the root of `document`. */
export function validatorOf(document: z.infer<typeof anyDocument>) {
  const options = { strict: false, validateFormats: false, allErrors: true } as const;
  const ajv = document.openapi === "3.1.0" ? new Ajv2020(options) : new Ajv(options);
  // ajv knows 3.0's word for it
  const text = JSON.stringify(document).replaceAll('"x-nullable"', '"nullable"');
  ajv.addSchema(anyDocument.parse(JSON.parse(text)), "api", undefined, false);
  return (path: readonly string[], value: unknown) => {
    const pointer = path.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1")));
    const validate = ajv.compile({ $ref: `api#/${pointer.join("/")}` });
    assert.ok(validate(value), `${path.join(" ")}: ${ajv.errorsText(validate.errors)}`);
  };
}
