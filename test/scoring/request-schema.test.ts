/** @file The public schema of a request: its examples are served, and it accepts what the parser accepts. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { z } from "zod";
import { createParameterReader } from "../../src/scoring/parameters.js";
import { parseRequest } from "../../src/scoring/parse-request.js";
import { INPAINT_PARAMETERS_SCHEMA } from "../../src/scoring/wire-types.generated.js";
import { NO_TIMES, runnerOf } from "./job-runners.js";
import { LIMITS } from "./parsing.js";
import { requests } from "./request-arbitrary.js";
import { damagedRequests } from "./request-damage.js";
import { options, scorer } from "./scoring.js";
import { isUnsaid, refusals } from "./unsaid-refusals.js";

const SCHEMA = z
  .looseObject({
    examples: z.array(z.record(z.string(), z.unknown())),
    $defs: z.record(z.string(), z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() })),
  })
  .parse(
    JSON.parse(
      await readFile(new URL("../../../schemas/scoring-request.schema.json", import.meta.url), "utf8"),
    ),
  );
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
const isRequest = ajv.addSchema(INPAINT_PARAMETERS_SCHEMA).compile(SCHEMA);

test("every example is accepted end to end, and each key and shape has one", async () => {
  const runner = runnerOf(async (job) => ({ image: job.image, times: NO_TIMES, warnings: [] }));
  const counts: number[] = [];
  for (const example of SCHEMA.examples) {
    assert.ok(isRequest(example), JSON.stringify(isRequest.errors));
    const { rows } = await scorer(runner).score(example, options);
    assert.ok(rows.every((row) => row.generated_image !== "" && row.error === undefined));
    counts.push(rows.length);
  }
  assert.deepEqual(counts, [2, 1, 1, 2, 2, 2, 1, 1, 1, 2, 1]);
  const keys = SCHEMA.examples.map((example) => Object.keys(example)[0]);
  assert.deepEqual(
    [...new Set(keys)],
    ["input_data", "dataframe_split", "dataframe_records", "instances", "inputs"],
  );
});

test("a column that is named twice is none, and rows stand under one key", () => {
  const [, , , , , , , split] = SCHEMA.examples;
  const names = (columns: readonly string[]) => ({ dataframe_split: { columns, data: [["a", "I", "M"]] } });
  assert.ok(isRequest(names(["prompt", "image", "mask"])));
  assert.ok(!isRequest(names(["prompt", "image", "mask", "image"])));
  assert.ok(isRequest(split) && !isRequest({ ...split, inputs: SCHEMA.examples[4]?.input_data }));
});

test("every parameter is a column of every shape", () => {
  const names = Object.keys(INPAINT_PARAMETERS_SCHEMA.properties);
  const others = ["prompt", "image", "mask_image", "mask", "parameters", "params"];
  for (const shape of ["Row", "ListColumns", "LabelledColumns"]) {
    const columns = Object.keys(SCHEMA.$defs[shape]?.properties ?? {});
    assert.deepEqual(
      columns.filter((name) => !others.includes(name)),
      names,
      shape,
    );
  }
});

/** The limits of the schema itself. */
const WIDE = { ...LIMITS, maxSteps: 1000, maxImagesPerPrompt: 256, maxRows: 256, maxPromptChars: 1_000_000 };
const parseOptions = { ...WIDE, parameterReader: createParameterReader(WIDE) };

/** The problems that `body` is refused with; none where it is accepted. */
function problemsOf(body: unknown): readonly string[] {
  try {
    parseRequest(body, parseOptions).problems.throwIfAny();
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return refusals(error.message);
  }
}

test("what the parser accepts the schema accepts, and what the schema accepts is refused only for what it cannot say", () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.oneof(requests, damagedRequests, damagedRequests), (sent) => {
      const body: unknown = JSON.parse(JSON.stringify(sent));
      const problems = problemsOf(body);
      if (isRequest(body)) {
        const sayable = problems.filter((problem) => !isUnsaid(problem, body));
        assert.deepEqual(sayable, [], "the schema accepts it");
        seen.accepted++;
      } else {
        assert.notDeepEqual(problems, [], JSON.stringify(isRequest.errors));
        seen.refused++;
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(seen.accepted > 100 && seen.refused > 100, JSON.stringify(seen));
});
