/**
 * @file JSON Schema as the API documents hold it: in 2020-12, which is OpenAPI 3.1's, and brought down to the dialects
 * of 3.0 and of Swagger 2.0. Knows keywords; knows no schema. A keyword that has no rule here is an error, so that no
 * document says something that its version does not.
 */
import { mapValues } from "./map-values.js";

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly [keyword: string]: unknown;
}

export type SchemaDialect = "3.1" | "3.0" | "2.0";
type OlderDialect = Exclude<SchemaDialect, "3.1">;

/** Keywords that mean the same in every dialect. */
const SHARED: ReadonlySet<string> = new Set([
  "title",
  "description",
  "default",
  "format",
  "required",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "uniqueItems",
]);

/** Those that have a rule of their own below. */
const HANDLED: ReadonlySet<string> = new Set([
  "type",
  "enum",
  "const",
  "properties",
  "additionalProperties",
  "items",
]);

/** Names that stand outside of a document, where schemas are told apart by their place. */
const IDENTITY: ReadonlySet<string> = new Set(["$schema", "$id"]);

const COMPONENTS = "#/components/schemas/";
const DEFINITIONS = "#/definitions/";

/** The reference to a component, as a document of version 3 has it. */
export const refTo = (component: string) => ({ $ref: COMPONENTS + component });

/** The component that `ref` names, or a place in; undefined for any other reference. */
export function referredComponent(ref: string): string | undefined {
  return ref.startsWith(COMPONENTS) ? ref.slice(COMPONENTS.length).split("/", 1)[0] : undefined;
}

function typeOfValue(value: unknown): string {
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}

/** `type` and `enum`, which tell of null in words that the older dialects do not have. */
function nullableKeywords(schema: JsonSchema, dialect: OlderDialect): Record<string, unknown> {
  const values = schema.enum ?? ("const" in schema ? [schema.const] : undefined);
  const present = values?.filter((value) => value !== null) ?? [];
  const given = schema.type === undefined ? [] : [schema.type].flat();
  const types = given.length > 0 ? given : [...new Set(present.map(typeOfValue))];
  const named = types.filter((type) => type !== "null");
  const nullable = given.includes("null") || (given.length === 0 && values?.includes(null) === true);
  const result: Record<string, unknown> = {};

  if (named.length === 1) result.type = named[0];
  else if (named.length > 1 && dialect === "3.0") result.anyOf = named.map((type) => ({ type }));
  if (nullable) result[dialect === "3.0" ? "nullable" : "x-nullable"] = true;
  if (nullable && named.length === 0)
    Object.assign(result, { type: "object", enum: [null] }); // null and nothing else
  else if (values !== undefined) {
    // 3.0 wants null in both places; 2.0 has no null at all
    result.enum = nullable && dialect === "3.0" ? [...present, null] : present;
  }
  return result;
}

function older(schema: JsonSchema, dialect: OlderDialect): JsonSchema {
  const { $ref, anyOf, ...rest } = schema;
  if ($ref !== undefined) {
    const ref = { $ref: dialect === "2.0" ? $ref.replace(COMPONENTS, DEFINITIONS) : $ref };
    // what stands beside a reference is ignored there
    return Object.keys(rest).length === 0 ? ref : { ...older(rest, dialect), allOf: [ref] };
  }
  // 2.0 has no alternatives: the first stands for all
  if (anyOf !== undefined && dialect === "2.0") return older({ ...anyOf[0], ...rest }, dialect);

  const result: Record<string, unknown> = nullableKeywords(schema, dialect);
  const deeper = (each: JsonSchema) => older(each, dialect);
  for (const [keyword, value] of Object.entries(rest)) {
    if (SHARED.has(keyword)) result[keyword] = value;
    else if (keyword === "contentEncoding" && value === "base64") result.format = "byte";
    else if (keyword === "examples" && Array.isArray(value)) result.example = value[0];
    else if (!IDENTITY.has(keyword) && !HANDLED.has(keyword)) {
      throw new Error(`OpenAPI ${dialect}: no rule for the keyword ${keyword}`);
    }
  }
  const { properties, additionalProperties: others, items } = rest;
  if (properties !== undefined) result.properties = mapValues(properties, deeper);
  if (others !== undefined) {
    result.additionalProperties = typeof others === "boolean" ? others : deeper(others);
  }
  if (items !== undefined) result.items = deeper(items);
  else if (result.type === "array") result.items = {}; // they want it said
  if (anyOf !== undefined) result.anyOf = anyOf.map(deeper);
  return result;
}

/** `schema`, 2020-12, as a document of `dialect` may hold it. References are to components of version 3. */
export function inDialect(schema: JsonSchema, dialect: SchemaDialect): JsonSchema {
  if (dialect !== "3.1") return older(schema, dialect);
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !IDENTITY.has(keyword)));
}
