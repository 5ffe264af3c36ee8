import assert from "node:assert/strict";
import { test } from "node:test";
import { cropRegion } from "../../src/diffusion/crop-region.js";
import { drawnMask } from "../support/drawn-mask.js";

// Regions against the reference's: inpaint-input.test.ts.

test("the darkest grey above black counts, and the box grows towards the size's aspect", () => {
  const mask = drawnMask([100, 80], [[40, 30, 60, 40, 1]]);
  assert.deepEqual(cropRegion(mask, { width: 64, height: 64 }, 0), {
    left: 40,
    top: 25,
    right: 60,
    bottom: 45,
  });
});

test("a region that would leave the picture is moved, and cut where it is too long", () => {
  const corner = drawnMask([100, 80], [[95, 70, 100, 80, 255]]);
  assert.deepEqual(cropRegion(corner, { width: 64, height: 64 }, 4), {
    left: 86,
    top: 66,
    right: 100,
    bottom: 80,
  });
  const wide = drawnMask([100, 20], [[0, 5, 100, 10, 255]]);
  assert.deepEqual(cropRegion(wide, { width: 64, height: 64 }, 4), {
    left: 0,
    top: 0,
    right: 100,
    bottom: 20,
  });
});

test("a black mask has no region", () => {
  assert.equal(cropRegion(drawnMask([9, 9], []), { width: 64, height: 64 }, 9), undefined);
});
