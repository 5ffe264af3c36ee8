/** @file Work within a span: what it resolves to, and what the span is told of its failure. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { inSpan } from "../../src/observability/in-span.js";
import { KeptSpan } from "../support/kept-span.js";

test("the span lasts as long as the work, and names the code of its failure, never its message", async () => {
  const root = new KeptSpan("root");
  const during = await inSpan(root, "screen", { "inpaint.screened": "input" }, async () => {
    const [span] = root.named("screen");
    return [span?.ended, span?.attributes];
  });
  assert.deepEqual(during, [0, { "inpaint.screened": "input" }]);
  const fails = (error: Error) =>
    inSpan(root, "screen", {}, async () => {
      throw error;
    });
  await assert.rejects(fails(new InpaintError("CANCELLED", "a secret prompt")), /a secret prompt/);
  await assert.rejects(fails(new TypeError("a secret prompt")), TypeError);
  assert.deepEqual(
    root.named("screen").map(({ failure, ended }) => [failure, ended]),
    [
      [undefined, 1],
      ["CANCELLED", 1],
      ["INTERNAL", 1],
    ],
  );
});

test("without a parent the work is done all the same", async () => {
  assert.equal(await inSpan(undefined, "screen", {}, async () => 3), 3);
});
