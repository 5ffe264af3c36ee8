/**
 * @file A schema file as components of an API document: its definitions stand beside it there, and what it refers to,
 * in itself and in other files, are components. Knows JSON Schema's references; knows no schema.
 */
import { type JsonSchema, refTo } from "./json-schema.js";
import { mapValues } from "./map-values.js";

const DEFINITION = /^#\/\$defs\/([^/]+)$/;
/** Of another file, whole or a place in it. */
const ELSEWHERE = /^([\w.-]+\.json)(?:#(\/.*))?$/;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * `file` as the component `name`, and each of its definitions as one of its own name. `components` names that of each
 * other file that is referred to. Throws for any other reference, and where two components would have one name.
 */
export function hoistDefinitions(
  name: string,
  file: JsonObject & { readonly $defs: Readonly<Record<string, JsonObject>> },
  components: Readonly<Record<string, string>>,
): Readonly<Record<string, JsonSchema>> {
  function moved(ref: string): string {
    const definition = DEFINITION.exec(ref)?.[1];
    if (definition !== undefined && Object.hasOwn(file.$defs, definition)) return refTo(definition).$ref;
    const [, other = "", place = ""] = ELSEWHERE.exec(ref) ?? [];
    const component = components[other];
    if (component === undefined) throw new Error(`${name} refers to ${ref}, which is no component`);
    return refTo(component).$ref + place;
  }

  function withRefs(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withRefs);
    return typeof value === "object" && value !== null ? hoisted({ ...value }) : value;
  }
  function hoisted(schema: JsonObject): JsonSchema {
    return Object.fromEntries(
      Object.entries(schema).map(([key, value]) => [
        key,
        key === "$ref" && typeof value === "string" ? moved(value) : withRefs(value),
      ]),
    );
  }

  const { $defs, ...whole } = file;
  for (const taken of [name, ...Object.values(components)]) {
    if (Object.hasOwn($defs, taken))
      throw new Error(`${name} defines ${taken}, which is another component's name`);
  }
  return { [name]: hoisted(whole), ...mapValues($defs, hoisted) };
}
