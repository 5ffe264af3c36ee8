import assert from "node:assert/strict";
import { test } from "node:test";
import { countRepainted } from "../../src/bin/check-repaint.js";

const picture = (...greys: number[]) => ({
  width: greys.length,
  height: 1,
  data: Uint8Array.from(greys.flatMap((grey) => [grey, grey, grey])),
});
const mask = picture(0, 127, 128, 255);

test("a pixel is inside the hole from grey 128 on, and changed when any channel is", () => {
  const image = picture(1, 2, 3, 4);
  const result = picture(1, 2, 3, 4);
  assert.deepEqual(countRepainted(image, mask, result), { inside: 2, insideChanged: 0, outsideChanged: 0 });
  result.data[3 * 3 + 2] = 99; // blue of the last pixel
  assert.deepEqual(countRepainted(image, mask, result), { inside: 2, insideChanged: 1, outsideChanged: 0 });
  result.data[3 * 1 + 1] = 99; // green of the grey pixel
  assert.deepEqual(countRepainted(image, mask, result), { inside: 2, insideChanged: 1, outsideChanged: 1 });
});

test("pictures of different sizes cannot be compared", () => {
  assert.throws(() => countRepainted(picture(1), mask, picture(1)), /4x1 cannot be compared with one of 1x1/);
});
