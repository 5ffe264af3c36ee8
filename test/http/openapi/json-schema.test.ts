/** @file JSON Schema brought down to the dialects of OpenAPI 3.0 and Swagger 2.0, keyword by keyword. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  inDialect,
  type JsonSchema,
  referredComponent,
  refTo,
} from "../../../src/http/openapi/json-schema.js";

/** Title → the schema in 2020-12, in 3.0, in 2.0. */
const CASES: Readonly<Record<string, readonly [JsonSchema, JsonSchema, JsonSchema]>> = {
  "a type or null": [
    { type: ["integer", "null"], minimum: 1 },
    { type: "integer", nullable: true, minimum: 1 },
    { type: "integer", "x-nullable": true, minimum: 1 },
  ],
  "words or null": [
    { enum: ["png", null], default: "png" },
    { type: "string", nullable: true, enum: ["png", null], default: "png" },
    { type: "string", "x-nullable": true, enum: ["png"], default: "png" },
  ],
  "words of a type": [
    { type: "string", enum: ["a"] },
    { type: "string", enum: ["a"] },
    { type: "string", enum: ["a"] },
  ],
  "null alone": [
    { type: "null" },
    { type: "object", nullable: true, enum: [null] },
    { type: "object", "x-nullable": true, enum: [null] },
  ],
  "one value": [{ const: 1 }, { type: "integer", enum: [1] }, { type: "integer", enum: [1] }],
  "several types": [
    { type: ["string", "number", "null"] },
    { nullable: true, anyOf: [{ type: "string" }, { type: "number" }] },
    { "x-nullable": true },
  ],
  alternatives: [
    { description: "d", anyOf: [{ type: "string" }, { type: ["boolean", "null"] }] },
    { description: "d", anyOf: [{ type: "string" }, { type: "boolean", nullable: true }] },
    { description: "d", type: "string" },
  ],
  "a reference": [refTo("A"), { $ref: "#/components/schemas/A" }, { $ref: "#/definitions/A" }],
  "a reference with a description": [
    { ...refTo("A"), description: "d" },
    { allOf: [{ $ref: "#/components/schemas/A" }], description: "d" },
    { allOf: [{ $ref: "#/definitions/A" }], description: "d" },
  ],
  "a file in base64": [
    { type: "string", contentEncoding: "base64" },
    { type: "string", format: "byte" },
    { type: "string", format: "byte" },
  ],
  "examples and names": [
    { $schema: "s", $id: "i", type: "object", examples: [{ a: 1 }, 2] },
    { type: "object", example: { a: 1 } },
    { type: "object", example: { a: 1 } },
  ],
  "what is inside": [
    {
      type: "object",
      properties: { type: { type: ["string", "null"] } },
      additionalProperties: { const: true },
    },
    {
      type: "object",
      properties: { type: { type: "string", nullable: true } },
      additionalProperties: { type: "boolean", enum: [true] },
    },
    {
      type: "object",
      properties: { type: { type: "string", "x-nullable": true } },
      additionalProperties: { type: "boolean", enum: [true] },
    },
  ],
  "lists, of something or of anything": [
    { type: "array", items: { type: "array" } },
    { type: "array", items: { type: "array", items: {} } },
    { type: "array", items: { type: "array", items: {} } },
  ],
};

for (const [title, [schema, inThree, inTwo]] of Object.entries(CASES)) {
  test(title, () => {
    const before = structuredClone(schema);
    assert.deepEqual(inDialect(schema, "3.0"), inThree);
    assert.deepEqual(inDialect(schema, "2.0"), inTwo);
    assert.deepEqual(schema, before, "the schema itself is left as it is");
  });
}

test("3.1 has the schema as it is, without the names that only its file needs", () => {
  const schema = { $schema: "s", $id: "i", type: ["string", "null"], examples: ["a"] };
  assert.deepEqual(inDialect(schema, "3.1"), { type: ["string", "null"], examples: ["a"] });
});

test("a keyword without a rule is an error, however deep", () => {
  const deep = { type: "object", properties: { a: { type: "array", items: { not: {} } } } };
  for (const dialect of ["3.0", "2.0"] as const) {
    assert.throws(() => inDialect(deep, dialect), /no rule for the keyword not/);
  }
});

test("a reference leads to a component, or to a place in one", () => {
  assert.equal(referredComponent("#/components/schemas/A"), "A");
  assert.equal(referredComponent("#/components/schemas/A/properties/b"), "A");
  assert.equal(referredComponent("#/$defs/A"), undefined);
});
