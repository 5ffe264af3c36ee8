/**
 * @file The API documents: valid in their versions, in Azure ML's form, complete, and true. Every example is sent to
 * the application, and what it answers is held against the document's own schemas.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { ERROR_CODES, InpaintError } from "../../src/errors/inpaint-error.js";
import { errorReply } from "../../src/http/answer/error-reply.js";
import { anyDocument, documentSchema, echo, fetchDocument, readyApp, validatorOf } from "./api-document.js";
import { servedModel } from "./served-model.js";
import { assertRefused, build, JSON_TYPE } from "./test-app.js";

const VERSIONS = ["2", "3", "3.1"] as const;
const FULL_VERSION = { "2": "2.0", "3": "3.0", "3.1": "3.1" } as const;

async function assertValid(document: z.infer<typeof anyDocument>, version: string): Promise<void> {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, version);
}

for (const version of VERSIONS) {
  test(`the document of version ${version} is valid, and Azure ML's in its names`, async (t) => {
    const document = await fetchDocument(readyApp(t), `/swagger.json?version=${version}`);
    await assertValid(document, FULL_VERSION[version]);
    const { info, paths, definitions, components } = document;
    const { title, version: stated } = z.record(z.string(), z.string()).parse(info);
    assert.deepEqual([title, stated], ["ML service", "1.0"]);
    const operations = z
      .record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() })))
      .parse(paths);
    assert.deepEqual(
      Object.entries(operations).map(([path, { get, post }]) => [path, (get ?? post)?.operationId]),
      [
        ["/", "ServiceHealthCheck"],
        ["/swagger.json", "GetSwaggerSpec"],
        ["/score", "RunMLService"],
      ],
    );
    const schemas = z
      .record(z.string(), z.looseObject({}))
      .parse(definitions ?? z.looseObject({ schemas: z.unknown() }).parse(components).schemas);
    for (const name of ["ServiceInput", "ServiceOutput", "ErrorResponse"]) assert.ok(name in schemas, name);
    assert.deepEqual(document.security, [{ Bearer: [] }]);
    const input = z
      .looseObject({
        properties: z.object({ input_data: z.looseObject({}), params: z.looseObject({}) }),
      })
      .parse(schemas.ServiceInput).properties;
    assert.deepEqual(input.input_data.required, ["columns", "index", "data"]);
    assert.equal(input.input_data.format, "pandas.DataFrame:split");
    assert.equal(input.params.type, "object");
    const { type, format } = schemas.ServiceOutput ?? {};
    assert.deepEqual([type, format], ["array", "pandas.DataFrame:records"]);
  });

  test(`what version ${version} shows of a request and an answer fits its own schemas`, async (t) => {
    const document = await fetchDocument(readyApp(t), `/swagger.json?version=${version}`);
    const place = version === "2" ? ["definitions"] : ["components", "schemas"];
    const schemas = z
      .record(
        z.string(),
        z.looseObject({ example: z.unknown().optional(), examples: z.array(z.unknown()).optional() }),
      )
      .parse(version === "2" ? document.definitions : z.looseObject({}).parse(document.components).schemas);
    const validate = validatorOf(document);
    for (const name of ["ServiceInput", "ServiceOutput"]) {
      const { example, examples = [example] } = schemas[name] ?? {};
      assert.ok(examples.length > 0 && examples[0] !== undefined, `${name} has no example`);
      for (const each of examples) validate([...place, name], each);
      assert.throws(() => validate([...place, name], { input_data: { data: [] } }), /required|must be array/);
    }
  });
}

test("versions have their other names, and 2.0 is meant where none is named", async (t) => {
  const app = readyApp(t);
  const document = (query: string) => fetchDocument(app, `/swagger.json${query}`);
  assert.deepEqual(await document(""), await document("?version=2"));
  assert.deepEqual(await document("?version=2.0"), await document("?version=2"));
  assert.deepEqual(await document("?version=3.0"), await document("?version=3"));
  assert.deepEqual(await document("?version=3&version=9"), await document("?version=3"));
  assert.equal((await document("")).swagger, "2.0");
  assert.equal((await document("?version=3")).openapi, "3.0.3");
  assert.equal((await document("?version=3.1")).openapi, "3.1.0");
});

test("another version is a 404 in Azure ML's words, another method a 405", async (t) => {
  const app = readyApp(t);
  const refusal = (shown: string) =>
    `Swagger version [${shown}] is not valid. Supported versions: [2, 3, 3.1].`;
  for (const version of ["9", "", "3.2", "toString"]) {
    assertRefused(await app.inject(`/swagger.json?version=${version}`), 404, refusal(version));
  }
  const long = await app.inject(`/swagger.json?version=${"x".repeat(1000)}`);
  assertRefused(long, 404, refusal("x".repeat(40)));
  for (const url of ["/swagger.json", "/openapi.json"]) {
    assertRefused(
      await app.inject({ method: "POST", url, payload: "{}", headers: JSON_TYPE }),
      405,
      /allowed/,
    );
    assert.equal((await app.inject({ method: "HEAD", url })).statusCode, 200);
  }
});

test("the service's name, version and path prefix are the operator's", async (t) => {
  const env = { SERVICE_NAME: "Repainting", SERVICE_VERSION: "7", SERVICE_PATH_PREFIX: "api/v1/" };
  const app = readyApp(t, env);
  for (const url of [...VERSIONS.map((version) => `/swagger.json?version=${version}`), "/openapi.json"]) {
    const document = await fetchDocument(app, url);
    const { title, version } = z.looseObject({}).parse(document.info);
    assert.deepEqual([title, version], ["Repainting", "7"]);
    const paths = Object.keys(z.looseObject({}).parse(document.paths));
    assert.ok(paths.includes("/api/v1/score"), url);
    assert.ok(
      paths.every((path) => path.startsWith("/api/v1/")),
      url,
    );
  }
});

test("limits and defaults are this server's", async (t) => {
  const env = { MAX_STEPS: "9", DEFAULT_STEPS: "3", MAX_ROWS: "2", MAX_PROMPT_CHARS: "99" };
  const app = readyApp(t, env);
  for (const url of ["/openapi.json", "/swagger.json?version=3.1"]) {
    const { components } = documentSchema.parse(await fetchDocument(app, url));
    const text = JSON.stringify(components.schemas);
    assert.match(text, /"num_inference_steps":\{[^}]*"maximum":9,"default":3\}/, url);
    assert.match(text, /"(?:prompt|Prompt)":\{[^}]*"maxLength":99\}/, url);
    assert.match(text, /"maxItems":2[,}]/, url);
    const { InpaintParameters, ScoringRow } = components.schemas;
    const parameters = Object.keys(z.looseObject({}).parse(InpaintParameters?.properties));
    assert.ok(parameters.length > 15);
    if (ScoringRow === undefined) continue;
    const columns = Object.keys(z.looseObject({}).parse(ScoringRow.properties));
    assert.deepEqual(columns, ["prompt", "image", "mask_image", ...parameters]);
  }
});

/** Paths and methods as the router shows them, a tree of which each level is four characters further in. */
function routesOf(app: FastifyInstance): readonly string[] {
  const above: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent, part, methods] = /^([│ ]*)[├└]── (\S*)(?: \((.*)\))?$/.exec(line) ?? [];
      if (indent === undefined || part === undefined) return [];
      const depth = indent.length / 4;
      const path = (above[depth - 1] ?? "") + part;
      above.splice(depth, above.length, path);
      return (methods ?? "")
        .split(", ")
        .filter(Boolean)
        .map((method) => `${method} ${path}`);
    });
}

test("the full document is valid, and has every path that the application has", async (t) => {
  const app = readyApp(t, { MODEL_NAME: "sd2" });
  const document = await fetchDocument(app);
  await assertValid(document, "3.1");
  const { paths } = documentSchema.parse(document);
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = routesOf(app).filter((route) => /^(?:GET|POST|PUT|PATCH|DELETE) /.test(route));
  assert.ok(routes.includes("POST /v1/models/sd2:predict") && routes.length > 15, routes.join());
  assert.deepEqual([...documented].sort(), [...routes].sort());
  const ids = Object.values(paths).flatMap((item) => Object.values(item).map((each) => each.operationId));
  assert.equal(new Set(ids).size, ids.length);
});

test("every example of a request is accepted, and the answer is as documented", async (t) => {
  const app = readyApp(t, { MAX_STEPS: "5", DEFAULT_STEPS: "5", MAX_ROWS: "1" });
  const document = await fetchDocument(app);
  const validate = validatorOf(document);
  const request = z.looseObject({ schemas: z.looseObject({ ScoringRequest: z.looseObject({}) }) });
  const { examples: ofSchema } = request.parse(document.components).schemas.ScoringRequest;
  for (const value of z.array(z.unknown()).parse(ofSchema)) {
    validate(["components", "schemas", "ScoringRequest"], value);
  }
  let sent = 0;
  for (const [path, operations] of Object.entries(documentSchema.parse(document).paths)) {
    const { requestBody, responses, parameters = [] } = operations.post ?? {};
    for (const [type, { examples = {} }] of Object.entries(requestBody?.content ?? {})) {
      for (const { value } of Object.values(examples)) {
        const defaults = parameters.map(({ name, schema }) => [name, String(schema.default)] as const);
        const reply = await app.inject({
          method: "POST",
          url: path,
          payload: JSON.stringify(value),
          headers: { "content-type": type, ...Object.fromEntries(defaults) },
        });
        assert.equal(reply.statusCode, 200, `${path}: ${reply.body}`);
        const place = ["paths", path, "post", "responses", "200", "content", "application/json"];
        validate([...place, "schema"], reply.json());
        for (const name of Object.keys(responses?.["200"]?.headers ?? {})) {
          assert.ok(reply.headers[name.toLowerCase()] !== undefined, `${path} has no header ${name}`);
        }
        validate(["paths", path, "post", "requestBody", "content", type, "schema"], value);
        sent++;
      }
    }
  }
  assert.equal(sent, 6, "two of Azure ML's, three of MLflow's and one of KServe's");
});

test("every GET answers as documented, ready or not, and so do the documents' own examples", async (t) => {
  const ready = readyApp(t);
  const document = await fetchDocument(ready);
  const validate = validatorOf(document);
  const starting = build(t, { isReady: () => false }).app;
  const seen = new Set<number>();
  for (const [path, { get }] of Object.entries(documentSchema.parse(document).paths)) {
    if (get === undefined) continue;
    for (const app of [ready, starting]) {
      const { statusCode, headers, body } = await app.inject(path);
      seen.add(statusCode);
      const { content = {}, headers: promised = {} } = get.responses[statusCode] ?? {};
      const type = String(headers["content-type"]).split(";")[0] ?? "";
      const place = ["paths", path, "get", "responses", String(statusCode), "content", type];
      assert.ok(type in content, `GET ${path}: ${statusCode} ${type} is not documented`);
      const value: unknown =
        type !== "application/json" ? body : body === "\n" ? undefined : JSON.parse(body);
      if (value !== undefined) validate([...place, "schema"], value);
      for (const name of Object.keys(promised)) assert.ok(name.toLowerCase() in headers, `${path} ${name}`);
    }
  }
  assert.deepEqual([...seen].sort(), [200, 503]);

  for (const [path, operations] of Object.entries(documentSchema.parse(document).paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      for (const [status, { content = {} }] of Object.entries(responses)) {
        for (const [type, { example }] of Object.entries(content)) {
          if (example === undefined) continue;
          validate(["paths", path, method, "responses", status, "content", type, "schema"], example);
        }
      }
    }
  }
});

const OF_EVERY_REPLY = ["x-request-id", "x-ms-request-id", "x-ms-server-version"];

test("who has no key is refused as documented, wherever a key is asked for", async (t) => {
  const keys = { API_KEYS: "a-key-of-thirty-two-characters-x" };
  const { app } = build(t, { runner: echo, model: () => servedModel, env: keys });
  const authorization = `Bearer ${keys.API_KEYS}`;
  const document = anyDocument.parse(
    (await app.inject({ url: "/openapi.json", headers: { authorization } })).json(),
  );
  const validate = validatorOf(document);
  let refused = 0;
  for (const [path, operations] of Object.entries(documentSchema.parse(document).paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      const reply = await app.inject({ method: method === "post" ? "POST" : "GET", url: path });
      assert.equal(reply.statusCode === 401, responses["401"] !== undefined, `${method} ${path}`);
      if (reply.statusCode !== 401) continue;
      refused++;
      validate(
        ["paths", path, method, "responses", "401", "content", "application/json", "schema"],
        reply.json(),
      );
      for (const name of Object.keys(responses["401"]?.headers ?? {})) {
        assert.ok(name.toLowerCase() in reply.headers, `${path} ${name}`);
      }
    }
  }
  assert.ok(refused > 10, String(refused));
});

test("every status that scoring can end with is documented, with when to come back", async (t) => {
  const { paths } = documentSchema.parse(await fetchDocument(readyApp(t)));
  /** Of no scoring path, or of a client that is gone. */
  const elsewhere = [404, 405, 499];
  for (const path of ["/score", "/invocations", "/v1/models/stable-diffusion-2-inpainting:predict"]) {
    const responses = paths[path]?.post?.responses ?? {};
    for (const code of ERROR_CODES) {
      const { status, headers } = errorReply(new InpaintError(code, ""));
      if (elsewhere.includes(status)) continue;
      assert.ok(String(status) in responses, `${path}: ${status} of ${code}`);
      const promised = Object.keys(responses[status]?.headers ?? {}).map((name) => name.toLowerCase());
      assert.deepEqual(
        new Set(promised),
        // without ids: it is for want of good ones, or below the routes
        new Set([...(status === 431 ? [] : OF_EVERY_REPLY), ...Object.keys(headers)]),
        `${path}: ${status}`,
      );
    }
  }
});
