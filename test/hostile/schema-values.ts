/**
 * @file Values derived from a JSON Schema, one step from a good one each: every alternative, every property there and
 * absent, every word of an enum, both ends of every range and one beyond, every other type. Knows schemas; whether a
 * value is valid is the validator's to say, and what is made of it the server's.
 */
import { z } from "zod";

type Json = unknown;
interface Schema {
  readonly [keyword: string]: unknown;
}

const object = z.record(z.string(), z.unknown());
const texts = z.array(z.string());

/** Of each type one, for where another is wanted. */
const OF_EACH_TYPE: readonly Json[] = [null, true, 0.5, "x", [], {}, [[]], { a: {} }];
const LONGEST_TEXT_CHARS = 100_000;

export interface DeriveOptions {
  /** What `$ref`s point into. */
  readonly document: unknown;
  /** Good values of properties about which the schema says too little. */
  readonly good: Readonly<Record<string, Json>>;
}

export class SchemaValues {
  readonly #options: DeriveOptions;

  constructor(options: DeriveOptions) {
    this.#options = options;
  }

  /** The first is good, as far as the schema tells; each of the others differs from it in one place. */
  derive(schema: unknown): readonly Json[] {
    return this.#values(schema, undefined);
  }

  #values(value: unknown, name: string | undefined): readonly Json[] {
    if (typeof value === "boolean") return OF_EACH_TYPE;
    const alternatives = this.#alternatives(object.parse(value));
    const homes = homesOf(alternatives);
    return alternatives.flatMap((schema) => this.#ofOne(schema, name, homes));
  }

  /** `schema` without `$ref`, `allOf`, `anyOf` and `oneOf`: one for each way to meet it. */
  #alternatives(schema: Schema): readonly Schema[] {
    const { $ref, allOf, anyOf, oneOf, ...plain } = schema;
    let all: readonly Schema[] = [plain];
    const with_ = (others: readonly Schema[]) => {
      all = all.flatMap((one) => others.map((other) => merged(one, other)));
    };
    if (typeof $ref === "string") with_(this.#alternatives(this.#resolve($ref)));
    for (const part of z.array(object).parse(allOf ?? [])) with_(this.#alternatives(part));
    for (const choice of [anyOf, oneOf]) {
      if (choice === undefined) continue;
      with_(
        z
          .array(object)
          .parse(choice)
          .flatMap((each) => this.#alternatives(each)),
      );
    }
    return all;
  }

  #resolve(ref: string): Schema {
    let found: unknown = this.#options.document;
    for (const key of ref.replace(/^#\//, "").split("/")) found = object.parse(found)[key];
    return object.parse(found);
  }

  #ofOne(schema: Schema, name: string | undefined, homes: Homes): readonly Json[] {
    const types = schema.type === undefined ? [] : [schema.type].flat();
    const words = schema.const === undefined ? schema.enum : [schema.const];
    const known = name !== undefined && Object.hasOwn(this.#options.good, name);
    const own: readonly Json[] = Array.isArray(words)
      ? [...words, "no such word"]
      : [
          ...(types.includes("object") ? this.#objects(schema, homes) : []),
          ...(types.includes("array") ? this.#arrays(schema, name) : []),
          ...(types.includes("integer") ? numbers(schema, true) : []),
          ...(types.includes("number") ? numbers(schema, false) : []),
          ...(types.includes("boolean") ? [true, false, "true", 1] : []),
          ...(types.includes("string") ? strings(schema) : []),
        ];
    const good =
      known && !types.includes("array") && !types.includes("object") ? [this.#options.good[name]] : [];
    return [...good, ...own, ...OF_EACH_TYPE];
  }

  #objects(schema: Schema, homes: Homes): readonly Json[] {
    const properties = object.parse(schema.properties ?? {});
    const required = texts.parse(schema.required ?? []);
    const { additionalProperties: others } = schema;
    if (Object.keys(properties).length === 0 && typeof others === "object") return this.#maps(others);
    const values = Object.fromEntries(
      Object.entries(properties)
        .filter(([, property]) => property !== false)
        .map(([name, property]) => {
          const all = this.#values(property, name);
          return [name, homes.get(property) === schema ? all : [...all.slice(0, 1), null]];
        }),
    );
    const base = Object.fromEntries(required.map((name) => [name, values[name]?.[0]]));
    return [
      base,
      ...required.map((name) => without(base, name)),
      ...Object.entries(values).flatMap(([name, all]) => all.map((value) => withOwn(base, name, value))),
      withOwn(base, "no such key", 1),
      withOwn(base, "__proto__", { polluted: true }),
    ];
  }

  /** Objects whose keys are the caller's. */
  #maps(others: unknown): readonly Json[] {
    const [good, ...rest] = this.#values(others, undefined);
    return [
      { r0: good },
      {},
      { 0: good },
      { r0: good, r1: good },
      { 1: good, 0: good },
      ...rest.map((r0) => ({ r0 })),
    ];
  }

  #arrays(schema: Schema, name: string | undefined): readonly Json[] {
    const { prefixItems, items = true, minItems = 0, maxItems } = schema;
    if (name !== undefined && name === "columns") return this.#columns();
    if (Array.isArray(prefixItems)) {
      const places = prefixItems.map((each) => this.#values(each, undefined));
      const base = places.map(([good]) => good);
      return [
        base,
        base.slice(1),
        [...base, "x"],
        ...places.flatMap((all, i) => all.map((value) => base.with(i, value))),
      ];
    }
    const [good, ...rest] = this.#values(items, undefined);
    const lengths = [
      0,
      Number(minItems),
      2,
      ...(maxItems === undefined ? [] : [Number(maxItems), Number(maxItems) + 1]),
    ];
    return [[good], ...lengths.map((length) => new Array(length).fill(good)), ...rest.map((item) => [item])];
  }

  /** Whose names the rows below them need. */
  #columns(): readonly Json[] {
    const base = ["prompt", "image", "mask_image"];
    return [
      base,
      ...base.map((name) => base.filter((each) => each !== name)),
      [...base, "prompt"],
      [...base, 1],
      [],
      ["prompt", "image", "mask"],
    ];
  }
}

/** By property, the alternative in which all its values are tried: in the others they would mean the same. */
type Homes = ReadonlyMap<unknown, Schema>;

/** Where a property is required, if anywhere: beside what is required instead of it, it may be forbidden. */
function homesOf(alternatives: readonly Schema[]): Homes {
  const homes = new Map<unknown, Schema>();
  const isRequired = new Set<unknown>();
  for (const schema of alternatives) {
    const required = texts.parse(schema.required ?? []);
    for (const [name, property] of Object.entries(object.parse(schema.properties ?? {}))) {
      const needed = required.includes(name);
      if (homes.has(property) && (isRequired.has(property) || !needed)) continue;
      homes.set(property, schema);
      if (needed) isRequired.add(property);
    }
  }
  return homes;
}

function numbers({ minimum, maximum }: Schema, isInteger: boolean): readonly Json[] {
  const [from, to] = [Number(minimum ?? 0), Number(maximum ?? 1)];
  return [
    from,
    to,
    from - 1,
    to + 1,
    from - 1e-9,
    (from + to) / 2 + (isInteger ? 0.5 : 0),
    -0,
    2 ** 53,
    1e308,
    5e-324,
    `${from}`,
  ];
}

function strings({ maxLength }: Schema): readonly Json[] {
  const longest = Number(maxLength ?? Number.POSITIVE_INFINITY);
  const edge =
    longest <= LONGEST_TEXT_CHARS ? ["x".repeat(longest), "x".repeat(longest + 1), "😀".repeat(longest)] : [];
  return ["x", "", "\ud800", "x\udfff", "😀", "\0", "\ufeff", ...edge];
}

/** What both ask for. */
function merged(one: Schema, other: Schema): Schema {
  const properties = { ...object.parse(one.properties ?? {}) };
  for (const [name, property] of Object.entries(object.parse(other.properties ?? {}))) {
    const known = properties[name];
    properties[name] =
      typeof property === "object" && typeof known === "object" && known !== null
        ? { allOf: [known, property] }
        : property === true
          ? (known ?? property)
          : property;
  }
  const required = [...texts.parse(one.required ?? []), ...texts.parse(other.required ?? [])];
  return {
    ...one,
    ...other,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required: [...new Set(required)] }),
  };
}

const withOwn = (base: Schema, name: string, value: Json): Json =>
  Object.fromEntries([...Object.entries(base).filter(([key]) => key !== name), [name, value]]);

const without = (base: Schema, name: string): Json =>
  Object.fromEntries(Object.entries(base).filter(([key]) => key !== name));
