import assert from "node:assert/strict";
import { test } from "node:test";
import { meanColour } from "../../../models/evaluation/baselines/mean-colour.js";
import { filled, picture, squareHole } from "./made-pictures.js";

test("the hole gets the mean of what lies around it, not of what it held or of what is far away", async () => {
  const mask = squareHole();
  const surround = picture((x, y, channel) => (x < 8 || y < 8 ? 255 : x < 64 ? 60 + channel : 100 + channel));
  const image = filled(
    surround,
    picture(() => 0),
    mask,
  );
  const result = await meanColour(image, mask);
  const middle = (64 * 128 + 64) * 3;
  for (let c = 0; c < 3; c++) assert.ok(Math.abs((result.data[middle + c] ?? 0) - (80 + c)) <= 2);
  assert.deepEqual(result, filled(image, result, mask), "nothing else is touched");
});

test("a picture in a Buffer is left as it was", async () => {
  const image = { ...picture(() => 50), data: Buffer.alloc(128 * 128 * 3, 50) };
  image.data.fill(9, 128 * 64 * 3, 128 * 66 * 3);
  await meanColour(image, squareHole());
  assert.equal(image.data[(128 * 64 + 64) * 3], 9);
});

test("a hole without a surround is refused", async () => {
  const everything = { ...squareHole(), bytes: new Uint8Array(128 * 128).fill(255) };
  await assert.rejects(
    meanColour(
      picture(() => 0),
      everything,
    ),
    /nothing around/,
  );
});
