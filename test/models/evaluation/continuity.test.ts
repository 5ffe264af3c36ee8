import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { continuityOf, isWithin, medianContinuity } from "../../../models/evaluation/parts/continuity.js";
import { filled, picture, SIDE, squareHole, texture } from "./made-pictures.js";

const mask = squareHole();
const original = texture(1);
const of = (inner: ReturnType<typeof texture>) => continuityOf(original, filled(original, inner, mask), mask);

test("the untouched picture continues itself", () => {
  const { edge, seam, deviation, slope } = continuityOf(original, original, mask);
  assert.deepEqual([edge, seam], [1, 1]);
  assert.ok(isWithin("deviation", deviation) && isWithin("slope", slope), `${deviation}, ${slope}`);
});

test("another sample has the right texture, with a jump at the edge", () => {
  const { edge, deviation, slope } = of(texture(2));
  assert.ok(isWithin("deviation", deviation) && isWithin("slope", slope), `${deviation}, ${slope}`);
  assert.ok(edge > 1.5, `${edge}`);
});

test("a flat fill has too little texture, white noise too much and the wrong one", () => {
  const flat = of(picture(() => 100));
  assert.ok(!isWithin("deviation", flat.deviation), `${flat.deviation}`);
  assert.ok(!isWithin("slope", flat.slope), `${flat.slope}`);
  const noise = of(picture((x, y) => 100 + 80 * Math.sin(x * 12.9 + y * 78.2 + x * y)));
  assert.ok(noise.deviation > 1.5 && !isWithin("slope", noise.slope), `${noise.deviation}, ${noise.slope}`);
});

test("a blur of the texture itself has the wrong spectrum", async () => {
  const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
  const data = await sharp(original.data, { raw }).blur(1.5).raw().toBuffer();
  const { slope } = of({ ...original, data });
  assert.ok(slope > 1.5, `${slope}`);
});

test("1.5 × counts either way for a texture and one way for a step; the median goes ratio by ratio", () => {
  const ratios = [1.5, 1.51, 0.67, 0.66, -1];
  assert.deepEqual(
    ratios.map((ratio) => isWithin("slope", ratio)),
    [true, false, true, false, false],
  );
  assert.deepEqual(
    [1.5, 1.51, 0.3].map((ratio) => isWithin("seam", ratio)),
    [true, false, true],
  );
  const cases = [1, 2, 9].map((edge, i) => ({ edge, seam: 5, deviation: 3 - i, slope: i }));
  assert.deepEqual(medianContinuity(cases), { edge: 2, seam: 5, deviation: 2, slope: 1 });
});
