/**
 * @file Damage to JSON as text, a token at a time: what no value holds, and so no damage to values makes. Knows the
 * tokens of JSON; knows no request.
 */
import fc from "fast-check";

const TOKEN = /"(?:[^"\\]|\\.)*"|[-+.\w]+|[[\]{},:]/gs;
const LONG = `1${"0".repeat(400)}`;

const NUMBERS = [
  "1e400",
  "-1e400",
  "-0",
  "1e-400",
  "9007199254740993",
  "-1",
  "0.5",
  LONG,
  `-${LONG}`,
  `0.${LONG}`,
];
const NO_JSON = [
  "NaN",
  "Infinity",
  "-Infinity",
  "undefined",
  "01",
  "1.",
  ".5",
  "+1",
  "'a'",
  "0x10",
  "//",
  "\ufeff",
  "\0",
];
const TEXTS = [
  '"\\ud800"',
  '"a\\udfff"',
  '"\\u0000"',
  '"\\x41"',
  '"\\u12"',
  '"',
  '"\n"',
  '""',
  '"__proto__"',
  '"constructor"',
  '"\\u005f_proto__"',
  `"${"x".repeat(3000)}"`,
  `"${"é".repeat(3000)}"`,
];
/** In the place of an object's first brace: keys that are there a second time, or that mean something elsewhere. */
const OPENINGS = [
  '{"__proto__":{"polluted":true,"prompt":"evil"},',
  '{"constructor":{"prototype":{"polluted":true}},',
  '{"prompt":1,',
  '{"image":null,"image":"AAAA",',
  '{"data":[],',
  '{"seed":1,"seed":2,',
  '{"params":{"__proto__":{"seed":1}},',
  '{"":0,',
];
const PUNCTUATION = ["", "[", "]", "{", "}", ",", ":", "null", "true", "[]", "{}"];
const DEPTHS = [2, 5000, 9500, 25_000, 50_000];

type Change = (token: string, next: string) => string;

const nested = (depth: number, inObjects: boolean): Change =>
  inObjects
    ? (token) => `${'{"a":'.repeat(depth)}${token}${"}".repeat(depth)}`
    : (token) => `${"[".repeat(depth)}${token}${"]".repeat(depth)}`;

const changes: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...NUMBERS, ...NO_JSON, ...TEXTS, ...PUNCTUATION).map(
      (scrap): Change =>
        () =>
          scrap,
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...OPENINGS).map(
      (opening): Change =>
        (token) =>
          token === "{" ? opening : token,
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...DEPTHS), fc.boolean())
      .map(([depth, inObjects]) => nested(depth, inObjects)),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Change>(
      (token) => token + token,
      (token, next) => next + token,
    ),
  },
);

interface TokenDamage {
  /** Of the tokens, from 0 to below 1. */
  readonly place: number;
  readonly change: Change;
}

const places = fc.nat(999_999).map((millionths) => millionths / 1_000_000);
const braces = (tokens: readonly string[]) => tokens.flatMap((token, i) => (token === "{" ? [i] : []));

/** Every other damage is to an object's beginning, of which there are few. */
function harm(tokens: string[], { place, change }: TokenDamage, i: number): void {
  const objects = braces(tokens);
  const at =
    i % 2 === 1 && objects.length > 0
      ? (objects[Math.floor(place * objects.length)] ?? 0)
      : Math.floor(place * tokens.length);
  const token = tokens[at];
  if (token !== undefined) tokens[at] = change(token, tokens[at + 1] ?? "");
}

/** Texts of `values` with up to four tokens changed. */
export const damagedJson = (values: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc
    .tuple(values, fc.array(fc.record({ place: places, change: changes }), { minLength: 1, maxLength: 4 }))
    .map(([value, all]) => {
      const tokens = JSON.stringify(value).match(TOKEN) ?? [];
      for (const [i, one] of all.entries()) harm(tokens, one, i);
      return tokens.join("");
    });
