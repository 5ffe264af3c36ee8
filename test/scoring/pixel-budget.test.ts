/** @file Memory for input images, shared by requests: who gets it, and that all of it comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PixelBudget } from "../../src/scoring/pixel-budget.js";

/** A budget, and what is held of it. */
function budgetOf(maxPixels: number) {
  const held = { pixels: 0 };
  const budget = new PixelBudget(maxPixels, (pixels) => {
    held.pixels = pixels;
  });
  return { budget, held };
}

test("requests share the budget, and what one gives back another may have", () => {
  const { budget, held } = budgetOf(100);
  const [first, second] = [budget.hold(), budget.hold()];
  first.take(60);
  second.take(40);
  assert.throws(() => second.take(1), {
    code: "QUEUE_FULL",
    retryAfterMs: 5000,
    message:
      "no memory for more input images: other requests hold 60 of at most 100 pixels, and this one asks for 41",
  });
  assert.equal(held.pixels, 100);
  first.release();
  first.release();
  second.take(60);
  assert.equal(held.pixels, 100);
  second.release();
  assert.equal(held.pixels, 0);
});

test("a request that is alone may hold more than the budget; then nobody else gets in", () => {
  const { budget } = budgetOf(100);
  const large = budget.hold();
  large.take(150);
  large.take(150);
  assert.throws(() => budget.hold().take(1), { code: "QUEUE_FULL" });
});
