import assert from "node:assert/strict";
import { test } from "node:test";
import { Mt19937 } from "../../../src/diffusion/random/mt19937.js";

test("the 10000th word of the default seed is the one that the C++ standard demands", () => {
  // [rand.predef]: std::mt19937 with seed 5489 gives 4123659995 on its 10000th call
  const engine = new Mt19937(5489);
  for (let i = 1; i < 10_000; i++) engine.nextUint32();
  assert.equal(engine.nextUint32(), 4_123_659_995);
});
