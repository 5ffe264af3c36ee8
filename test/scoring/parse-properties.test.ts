/** @file What holds for every request: its shape does not matter, and damage is told and nothing worse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { createParameterReader } from "../../src/scoring/parameters.js";
import { parseRequest } from "../../src/scoring/parse-request.js";
import { MAX_MESSAGE_CHARS, Problems } from "../../src/scoring/problems.js";
import { LIMITS } from "./parsing.js";
import { requestsOf, tables, writings } from "./request-arbitrary.js";
import { damagedRequests } from "./request-damage.js";

/** Those of the schema, so that each of its values is taken. */
const WIDE = { ...LIMITS, maxSteps: 1000, maxImagesPerPrompt: 256 };
const options = { ...WIDE, parameterReader: createParameterReader(WIDE) };
const { parameterReader } = options;

test("a table means the same in every shape, under every key, wherever its parameters stand", () => {
  fc.assert(
    fc.property(tables, writings, (table, writing) => {
      const wanted = table.rows.map(({ prompt, image, mask, parameters }) => [
        prompt,
        image,
        mask,
        parameterReader.resolve(table.common, parameters, (name) => name, new Problems()),
      ]);
      for (const { what, body } of requestsOf(table, writing)) {
        const { rows, problems } = parseRequest(JSON.parse(JSON.stringify(body)), options);
        problems.throwIfAny();
        const got = rows.map(({ prompt, image, maskImage, parameters }) => [
          prompt,
          image?.text,
          maskImage?.text,
          parameters,
        ]);
        assert.deepEqual(got, wanted, what);
      }
    }),
    { numRuns: 300 },
  );
});

const CODES = ["BODY_NOT_OBJECT", "INPUT_DATA_MISSING", "INVALID_INPUT"];

test("a damaged request is rows, or an InpaintError that says what is wrong, and nothing else", () => {
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  fc.assert(
    fc.property(damagedRequests, (body) => {
      try {
        const { rows, problems } = parseRequest(body, options);
        problems.throwIfAny();
        assert.ok(rows.length > 0 && rows.length <= LIMITS.maxRows);
        for (const { prompt, image, maskImage, parameters } of rows) {
          assert.ok(prompt !== undefined && image !== undefined && maskImage !== undefined && parameters);
        }
        count("accepted");
      } catch (error) {
        assert.ok(error instanceof InpaintError, String(error));
        assert.ok(CODES.includes(error.code), error.code);
        assert.ok(error.message.length > 0 && error.message.length <= MAX_MESSAGE_CHARS);
        count(error.code);
      }
    }),
    { numRuns: 4000 },
  );
  // The damage is such that each end is met.
  for (const end of ["accepted", "INPUT_DATA_MISSING", "INVALID_INPUT"]) {
    assert.ok((seen.get(end) ?? 0) > 20, `${end}: ${seen.get(end)}`);
  }
});
