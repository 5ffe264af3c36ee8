/**
 * @file What the server's own OpenAPI document promises of an answer, held against answers. Knows documents and JSON
 * Schema; knows no request.
 */
import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { z } from "zod";
import { readEvents } from "../support/server-sent-events.js";
import type { Answer } from "./http-client.js";

const media = z.looseObject({ schema: z.unknown() });
const reply = z.looseObject({
  headers: z.record(
    z.string(),
    z.object({ description: z.string(), schema: z.looseObject({ type: z.string() }) }),
  ),
  content: z.record(z.string(), media),
});
const operation = z.looseObject({ responses: z.record(z.string(), reply) });
const document = z.looseObject({
  paths: z.record(z.string(), z.looseObject({ post: operation.optional() })),
});
const failure = z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.unknown() });

/** As the document says of a header, of a status that may be a stream. */
const NOT_OF_STREAMS = /Not of a stream of events/;
/** A stack, or where the program lies. */
const LEAKS = /\/(?:home|tmp|usr|root|app|work)\/|node_modules|dist\/src|\.[jt]s:\d|\n\s+at |\bat \S+ \(/;

export class ApiContract {
  readonly #paths: z.infer<typeof document>["paths"];
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly #validators = new Map<string, ValidateFunction>();

  /** `text`: of `/openapi.json`. */
  constructor(text: string) {
    const whole: unknown = JSON.parse(text);
    this.#paths = document.parse(whole).paths;
    this.#ajv.addSchema(z.looseObject({}).parse(whole), "api", undefined, false);
  }

  /** Those that rows are sent to. */
  get scoringPaths(): readonly string[] {
    return Object.entries(this.#paths).flatMap(([path, { post }]) => (post === undefined ? [] : [path]));
  }

  /** The errors that `value` has by a component of the document; none where it is valid. */
  problemsBy(component: string, value: unknown): string | undefined {
    const validate = this.#validator(["components", "schemas", component]);
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  /** Throws where the document does not have such an answer of `path`, or where it tells of the inside. */
  assertDocumented(path: string, { status, headers, body }: Answer): void {
    const documented = this.#paths[path]?.post?.responses[status];
    assert.ok(documented, `${path}: a ${status} is not documented: ${body.slice(0, 300)}`);
    const type = String(headers["content-type"]).split(";")[0] ?? "";
    assert.ok(type in documented.content, `${path}: a ${status} of type ${type} is not documented`);
    const isStream = type === "text/event-stream";
    for (const [name, { description, schema }] of Object.entries(documented.headers)) {
      const value = headers[name.toLowerCase()];
      if (isStream && NOT_OF_STREAMS.test(description)) {
        assert.equal(value, undefined, `${path}: a stream has a header ${name}`);
        continue;
      }
      assert.ok(typeof value === "string", `${path}: a ${status} has no header ${name}`);
      const validate = this.#validator([
        "paths",
        path,
        "post",
        "responses",
        String(status),
        "headers",
        name,
        "schema",
      ]);
      assert.ok(validate(schema.type === "integer" ? Number(value) : value), `${path}: ${name}: ${value}`);
    }
    if (isStream) this.#assertStream(path, body);
    else {
      const place = ["paths", path, "post", "responses", String(status), "content", type, "schema"];
      const validate = this.#validator(place);
      assert.ok(validate(JSON.parse(body)), `${path}: ${status}: ${this.#ajv.errorsText(validate.errors)}`);
    }
    if (status !== 200) assert.doesNotMatch(body, LEAKS);
  }

  /** The last event is what the answer would be to who asks for none. */
  #assertStream(path: string, body: string): void {
    const last = readEvents(body).events.at(-1);
    assert.ok(last?.event === "result" || last?.event === "error", `a stream ends with ${last?.event}`);
    const isResult = last.event === "result";
    const { status, body: value } = isResult
      ? { status: 200, body: JSON.parse(last.data) }
      : failure.parse(JSON.parse(last.data));
    const place = ["paths", path, "post", "responses", String(status), "content", "application/json"];
    const validate = this.#validator([...place, "schema"]);
    assert.ok(validate(value), `${path}: ${last.event}: ${this.#ajv.errorsText(validate.errors)}`);
    assert.equal(isResult, status === 200);
    if (!isResult) assert.doesNotMatch(last.data, LEAKS);
  }

  #validator(place: readonly string[]): ValidateFunction {
    const pointer = place.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1")));
    const ref = `api#/${pointer.join("/")}`;
    const known = this.#validators.get(ref);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile({ $ref: ref });
    this.#validators.set(ref, validate);
    return validate;
  }
}
