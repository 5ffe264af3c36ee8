/** @file A schema file as components: where its references lead then, and what it must not refer to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hoistDefinitions } from "../../../src/http/openapi/hoist-definitions.js";

const OTHERS = { "other.schema.json": "Other" };

test("definitions become components, and every reference is to one", () => {
  const file = {
    title: "File",
    anyOf: [{ $ref: "#/$defs/A" }, { $ref: "other.schema.json" }],
    $defs: { A: { items: { $ref: "other.schema.json#/properties/b" } }, B: { $ref: "#/$defs/A" } },
  };
  assert.deepEqual(hoistDefinitions("File", file, OTHERS), {
    File: {
      title: "File",
      anyOf: [{ $ref: "#/components/schemas/A" }, { $ref: "#/components/schemas/Other" }],
    },
    A: { items: { $ref: "#/components/schemas/Other/properties/b" } },
    B: { $ref: "#/components/schemas/A" },
  });
});

test("a reference to nothing that is a component is an error", () => {
  for (const $ref of ["#/$defs/C", "unknown.schema.json", "#/properties/a", "#/$defs/A/items"]) {
    assert.throws(() => hoistDefinitions("File", { $ref, $defs: { A: {} } }, OTHERS), /is no component/);
  }
});

test("two components of one name are an error", () => {
  for (const name of ["File", "Other"]) {
    assert.throws(
      () => hoistDefinitions("File", { $defs: { [name]: {} } }, OTHERS),
      /another component's name/,
    );
  }
});
