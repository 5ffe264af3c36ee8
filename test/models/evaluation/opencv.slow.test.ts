/** @file OpenCV's inpainting as it is called here. Slow: the library is compiled as it is loaded. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadOpenCv } from "../../../models/evaluation/baselines/opencv.js";
import { filled, picture, squareHole } from "./made-pictures.js";

test("both ways continue a ramp of colours through the hole, and touch nothing else", async () => {
  const ramp = picture((x, y, channel) => (channel === 0 ? x : channel === 1 ? y : 200));
  const mask = squareHole();
  const holed = filled(
    ramp,
    picture(() => 0),
    mask,
  );
  for (const [name, inpaint] of Object.entries(await loadOpenCv())) {
    const result = inpaint(holed, mask);
    assert.deepEqual(result, filled(ramp, result, mask), `${name} keeps what is known`);
    let sum = 0;
    for (const [i, value] of result.data.entries()) sum += Math.abs(value - (ramp.data[i] ?? 0));
    const meanError = sum / (3 * 64 * 64);
    assert.ok(meanError < 8, `${name}: a mean error of ${meanError} levels in the hole`);
  }
});
