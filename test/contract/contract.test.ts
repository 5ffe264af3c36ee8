/** @file Every row of the contract over real HTTP: the suite fails when an id has no test that was run and passed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptance } from "./acceptance.js";
import { apiDocument } from "./api-document.js";
import { CONTRACT, NOT_OVER_HTTP, ROWS_OF_LETTER } from "./contract-ids.js";
import { showAll } from "./contract-test.js";
import { decisions } from "./decisions.js";
import { errors } from "./errors.js";
import { furtherDecisions } from "./further-decisions.js";
import { headers } from "./headers.js";
import { health } from "./health.js";
import { startServers } from "./servers.js";

const SECTIONS = [errors, headers, health, apiDocument, decisions, furtherDecisions, acceptance];
const SHOWABLE = Object.keys(CONTRACT).filter((id) => !Object.hasOwn(NOT_OVER_HTTP, id));

test("the table has every number of each letter, and says something of each", () => {
  const expected = Object.entries(ROWS_OF_LETTER).flatMap(([letter, rows]) =>
    Array.from({ length: rows }, (_, i) => `${letter}${i + 1}`),
  );
  assert.deepEqual(Object.keys(CONTRACT), expected);
  for (const [id, sentence] of Object.entries({ ...CONTRACT, ...NOT_OVER_HTTP })) {
    assert.ok(sentence.trim() !== "", id);
  }
});

test("the contract", { timeout: 240_000 }, async (t) => {
  const tests = SECTIONS.flat();
  const shown = await showAll(t, tests, await startServers(t));
  // In the table's order, so that whole cases come in theirs.
  assert.deepEqual(shown, SHOWABLE, "each id was shown by a test of its own");
});
