/** @file Millions of wrong entries in a file that we did not write: one short message, and no issue for each. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { longList, longRecord, schemaProblems } from "../../../src/checkpoint/files/schema-problems.js";

const COUNT = 100_000;

test("a long list and a long record stop at the first entry that is wrong", () => {
  const list: unknown[] = Array(COUNT).fill("x");
  const ofList = longList(z.int()).safeParse([1, 2, ...list.slice(0, 10)]);
  assert.match(schemaProblems(ofList.error ?? assert.fail()), /entry 2: .*expected/);
  const record = Object.fromEntries(list.map((value, i) => [`key ${i}`, value]));
  for (const result of [longList(z.int()).safeParse(list), longRecord(z.int()).safeParse(record)]) {
    assert.equal(result.error?.issues.length, 1);
    assert.ok(schemaProblems(result.error).length < 200);
  }
  assert.match(schemaProblems(longRecord(z.int()).safeParse(record).error ?? assert.fail()), /"key 0": /);
});

test("what is right is handed on, transformed", () => {
  const word = z.string().transform((text) => text.length);
  assert.deepEqual(longList(word).parse(["a", "bb"]), [1, 2]);
  assert.deepEqual(longRecord(word).parse({ a: "a", b: "bb" }), { a: 1, b: 2 });
});

test("many problems, and long ones, are cut short and counted", () => {
  const many = z.array(z.int()).safeParse(Array(100).fill("x"));
  assert.match(schemaProblems(many.error ?? assert.fail()), /→ at \[7\]; and 92 more$/);
  const long = z.strictObject({}).safeParse({ ["x".repeat(100_000)]: 1 });
  assert.ok(schemaProblems(long.error ?? assert.fail()).length < 1100);
});
