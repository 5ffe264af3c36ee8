/** @file The metrics, labels and label values that a PromQL expression names. Knows its tokens; computes nothing. */
import assert from "node:assert/strict";

export interface Selector {
  readonly metric: string;
  /** Of its matchers: name, operator and value. */
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

export interface ExpressionNames {
  readonly selectors: readonly Selector[];
  /** Of `by (…)`, `without (…)` and `on (…)`. */
  readonly groupLabels: readonly string[];
}

const TOKEN =
  /\s+|(?<text>"(?:[^"\\]|\\.)*")|(?<range>\[[^\]]*\])|(?<word>[a-zA-Z_:][\w:]*)|(?<number>\d[\w.]*)|(?<mark>=~|!~|!=|==|>=|<=|.)/gsy;
const GROUPING = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);
const OPERATORS = new Set(["and", "or", "unless", "bool", "offset"]);

interface Token {
  readonly kind: "text" | "word" | "mark";
  readonly value: string;
}

function tokensOf(expression: string): readonly Token[] {
  return [...expression.matchAll(TOKEN)].flatMap(({ groups = {} }): readonly Token[] => {
    if (groups.text !== undefined) return [{ kind: "text", value: groups.text.slice(1, -1) }];
    if (groups.word !== undefined) return [{ kind: "word", value: groups.word }];
    if (groups.mark !== undefined) return [{ kind: "mark", value: groups.mark }];
    return [];
  });
}

export function namesIn(expression: string): ExpressionNames {
  const tokens = tokensOf(expression);
  const selectors: Selector[] = [];
  const groupLabels: string[] = [];
  let at = 0;
  const next = () => tokens[at++] ?? assert.fail(`${expression} ends too early`);
  const is = (value: string) => tokens[at]?.kind === "mark" && tokens[at]?.value === value;

  function until(end: string, take: () => void): void {
    at++;
    while (!is(end)) take();
    at++;
  }
  function matchers(): Selector["matchers"] {
    const found: { label: string; operator: string; value: string }[] = [];
    if (!is("{")) return found;
    until("}", () => {
      const [label, operator, value] = [next().value, next().value, next()];
      assert.equal(value.kind, "text", expression);
      found.push({ label, operator, value: value.value });
      if (is(",")) at++;
    });
    return found;
  }

  while (at < tokens.length) {
    const { kind, value } = next();
    if (kind !== "word" || OPERATORS.has(value)) continue;
    if (GROUPING.has(value)) {
      until(")", () => {
        groupLabels.push(next().value);
        if (is(",")) at++;
      });
    } else if (!is("(") && !GROUPING.has(tokens[at]?.value ?? ""))
      selectors.push({ metric: value, matchers: matchers() });
  }
  return { selectors, groupLabels };
}
