import assert from "node:assert/strict";
import { test } from "node:test";
import { continuityOf, isWithin, medianContinuity } from "../../../models/evaluation/parts/continuity.js";
import { filled, picture, squareHole, texture } from "./made-pictures.js";

const mask = squareHole();
const original = texture(1);
const of = (inner: ReturnType<typeof texture>) => continuityOf(original, filled(original, inner, mask), mask);

test("the untouched picture continues itself", () => {
  const { edge, deviation, slope } = continuityOf(original, original, mask);
  assert.equal(edge, 1);
  assert.ok(isWithin(deviation) && isWithin(slope), `${deviation}, ${slope}`);
});

test("another sample has the right texture, with a seam", () => {
  const { edge, deviation, slope } = of(texture(2));
  assert.ok(isWithin(deviation) && isWithin(slope), `${deviation}, ${slope}`);
  assert.ok(edge > 1.5, `${edge}`);
});

test("a flat fill has too little texture, white noise too much and the wrong one", () => {
  const flat = of(picture(() => 100));
  assert.ok(!isWithin(flat.deviation), `${flat.deviation}`);
  const noise = of(picture((x, y) => 100 + 80 * Math.sin(x * 12.9 + y * 78.2 + x * y)));
  assert.ok(noise.deviation > 1.5 && !isWithin(noise.slope), `${noise.deviation}, ${noise.slope}`);
});

test("1.5 × counts either way, and the median ratio by ratio", () => {
  assert.deepEqual([1.5, 1.51, 0.67, 0.66, -1].map(isWithin), [true, false, true, false, false]);
  const cases = [1, 2, 9].map((edge, i) => ({ edge, deviation: 3 - i, slope: i }));
  assert.deepEqual(medianContinuity(cases), { edge: 2, deviation: 2, slope: 1 });
});
