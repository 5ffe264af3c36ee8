import assert from "node:assert/strict";
import { test } from "node:test";
import { applyGuidance, isGuided } from "../../src/diffusion/guidance.js";
import type { Latents } from "../../src/diffusion/networks.js";
import { tensor } from "../../src/tensor/tensor.js";

test("the unconditional half comes first and is left in the direction of the other", () => {
  const noisePred: Latents = tensor([2, 4, 1, 1], Float32Array.of(1, 2, 3, 4, 2, 2, 1, 0.5));
  assert.deepEqual(applyGuidance(noisePred, 7.5), tensor([1, 4, 1, 1], Float32Array.of(8.5, 2, -12, -22.25)));
  assert.deepEqual([...noisePred.data], [1, 2, 3, 4, 2, 2, 1, 0.5], "the input is left alone");
});

test("guidance is on above 1 only", () => {
  assert.deepEqual([-1, 0, 1, 1.0001, 7.5].map(isGuided), [false, false, false, true, true]);
});
