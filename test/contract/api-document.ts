/** @file Section G: the API document. */
import assert from "node:assert/strict";
import { ask, asObject, assertRefused, type Endpoint, type JsonObject, objectOf, post } from "./ask.js";
import { type ContractTest, contract } from "./contract-test.js";
import { NOT_ALLOWED } from "./errors.js";
import { KEYS } from "./servers.js";

const WITH_KEY = { authorization: `Bearer ${KEYS[1]}` };

export async function fetchDocument(
  endpoint: Endpoint,
  query = "",
  headers: Readonly<Record<string, string>> = {},
): Promise<JsonObject> {
  const reply = await ask(endpoint, `/swagger.json${query}`, { headers });
  assert.deepEqual([reply.status, reply.headers.get("content-type")], [200, "application/json"]);
  return objectOf(reply);
}

/** What lies at `keys`, from the outside in. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce((inner, key) => asObject(inner)[key], value);
}

export const badVersion = (version: string) =>
  `Swagger version [${version}] is not valid. Supported versions: [2, 3, 3.1].`;

const schemasOf = (document: JsonObject) => document.definitions ?? at(document, "components", "schemas");

export const apiDocument: readonly ContractTest[] = [
  contract("G1", async ({ plain }) => {
    const stated = async (query: string) => {
      const { swagger, openapi } = await fetchDocument(plain, query);
      return swagger ?? openapi;
    };
    for (const [query, version] of [
      ["", "2.0"],
      ["?version=2", "2.0"],
      ["?version=2.0", "2.0"],
      ["?version=3", "3.0.3"],
      ["?version=3.0", "3.0.3"],
      ["?version=3.1", "3.1.0"],
    ] as const) {
      assert.equal(await stated(query), version, query);
    }
  }),

  contract("G2", async ({ plain }) => {
    for (const version of ["9", "3.2"]) {
      assertRefused(await ask(plain, `/swagger.json?version=${version}`), 404, badVersion(version));
    }
    assertRefused(await post(plain, "/swagger.json", "{}"), 405, NOT_ALLOWED);
  }),

  contract("G3", async ({ plain, guarded }) => {
    const document = await fetchDocument(plain);
    assert.deepEqual([at(document, "info", "title"), at(document, "info", "version")], ["ML service", "1.0"]);
    assert.deepEqual(document.security, [{ Bearer: [] }]);
    for (const [path, method, id] of [
      ["/", "get", "ServiceHealthCheck"],
      ["/score", "post", "RunMLService"],
      ["/swagger.json", "get", "GetSwaggerSpec"],
    ] as const) {
      assert.equal(at(document, "paths", path, method, "operationId"), id);
    }
    for (const query of ["", "?version=3", "?version=3.1"]) {
      const schemas = schemasOf(await fetchDocument(plain, query));
      for (const name of ["ServiceInput", "ServiceOutput"]) asObject(at(schemas, name));
      assert.deepEqual(Object.keys(asObject(at(schemas, "ErrorResponse", "properties"))), ["message"]);
    }
    const named = await fetchDocument(guarded, "", WITH_KEY);
    assert.deepEqual([at(named, "info", "title"), at(named, "info", "version")], ["Repainting", "7"]);
    assert.deepEqual(Object.keys(asObject(named.paths)).sort(), [
      "/api/v1/",
      "/api/v1/score",
      "/api/v1/swagger.json",
    ]);
  }),

  contract("G4", async ({ plain }) => {
    for (const query of ["", "?version=3", "?version=3.1"]) {
      const schemas = schemasOf(await fetchDocument(plain, query));
      const input = at(schemas, "ServiceInput", "properties", "input_data");
      assert.deepEqual(at(input, "required"), ["columns", "index", "data"]);
      assert.deepEqual([at(input, "type"), at(input, "format")], ["object", "pandas.DataFrame:split"]);
      assert.equal(at(schemas, "ServiceInput", "properties", "params", "type"), "object");
      const output = at(schemas, "ServiceOutput");
      assert.deepEqual([at(output, "type"), at(output, "format")], ["array", "pandas.DataFrame:records"]);
    }
    const example = at(schemasOf(await fetchDocument(plain)), "ServiceInput", "example", "input_data");
    assert.deepEqual(at(example, "columns"), ["prompt", "image", "mask_image"]);
  }),

  contract("G5", async ({ guarded }) => {
    // There is one in AML_APP_ROOT.
    const document = await fetchDocument(guarded, "", WITH_KEY);
    assert.equal(at(document, "info", "title"), "Repainting");
  }),

  contract("G6", async ({ plain }) => {
    const text = JSON.stringify(await fetchDocument(plain));
    assert.match(text, /mask_image/);
    assert.doesNotMatch(text, /Foundation Model|input_string|"role"/);
  }),
];
