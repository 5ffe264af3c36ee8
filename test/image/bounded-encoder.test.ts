/** @file Image files within bounds: edges, bytes, and the picture in them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { createBoundedEncoder, sizeWithin } from "../../src/image/bounded-encoder.js";
import { noiseImage, samplePicture } from "../support/pictures.js";

const BOUNDS = { minEdgePixels: 50, maxEdgePixels: 2048, maxBytes: 4_000_000 };

test("edges keep their proportions where the bounds allow it", () => {
  const sizes = (
    [
      [512, 512],
      [50, 2048],
      [4096, 2048],
      [25, 40],
      [49, 2000],
      [1, 1],
      [65_535, 1],
      [10, 4000],
    ] as const
  ).map(([width, height]) => Object.values(sizeWithin({ width, height }, BOUNDS)));
  assert.deepEqual(sizes, [
    [512, 512],
    [50, 2048],
    [2048, 1024],
    [50, 80],
    [50, 2041],
    [50, 50],
    [2048, 50],
    [50, 2048],
  ]);
});

test("what fits is a PNG of the same pixels", async () => {
  const picture = await samplePicture("image.png");
  const file = await createBoundedEncoder().encodeWithin(picture, BOUNDS);
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  assert.equal((await sharp(file).metadata()).format, "png");
  assert.deepEqual([info.width, info.height, info.channels], [512, 512, 3]);
  assert.deepEqual(new Uint8Array(data), picture.data);
});

test("what is too large for a PNG is a JPEG of the same edges, and of lower quality where that is too large", async () => {
  const noise = noiseImage(1000, 800);
  const encoder = createBoundedEncoder();
  const sizes: number[] = [];
  for (const maxBytes of [1_500_000, 500_000, 300_000]) {
    const file = await encoder.encodeWithin(noise, { ...BOUNDS, maxBytes });
    const { format, width, height } = await sharp(file).metadata();
    assert.deepEqual([format, width, height], ["jpeg", 1000, 800]);
    assert.ok(file.length <= maxBytes);
    sizes.push(file.length);
  }
  assert.ok((sizes[0] ?? 0) > (sizes[2] ?? 0));
});

test("bounds that nothing fits into are an error, not a larger file", async () => {
  await assert.rejects(
    createBoundedEncoder().encodeWithin(noiseImage(500, 500), { ...BOUNDS, maxBytes: 10_000 }),
    /500×500 pixels do not fit into 10000 bytes/,
  );
});

test("the largest noise fits into the service's bounds", async () => {
  const file = await createBoundedEncoder().encodeWithin(noiseImage(2048, 2048), BOUNDS);
  assert.ok(file.length <= BOUNDS.maxBytes);
});
