/** @file Image files within bounds: edges, bytes, and the picture in them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { createBoundedEncoder, sizeWithin } from "../../src/image/bounded-encoder.js";
import { crop } from "../../src/tensor/crop.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { noiseImage, samplePicture } from "../support/pictures.js";

const wholeOf = ({ width, height }: RgbImage) => ({ left: 0, top: 0, right: width, bottom: height });
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
  const file = await createBoundedEncoder().encodeWithin(picture, wholeOf(picture), BOUNDS);
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  assert.equal((await sharp(file).metadata()).format, "png");
  assert.deepEqual([info.width, info.height, info.channels], [512, 512, 3]);
  assert.deepEqual(new Uint8Array(data), picture.data);
});

test("of a region, its pixels alone", async () => {
  const picture = await samplePicture("image.png");
  const region = { left: 100, top: 37, right: 301, bottom: 512 };
  const file = await createBoundedEncoder().encodeWithin(picture, region, BOUNDS);
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const cut = crop(picture, region);
  assert.deepEqual([info.width, info.height], [cut.width, cut.height]);
  assert.deepEqual(new Uint8Array(data), cut.data);
  const small = { left: 10, top: 10, right: 20, bottom: 30 };
  const enlarged = await sharp(await createBoundedEncoder().encodeWithin(picture, small, BOUNDS)).metadata();
  assert.deepEqual([enlarged.width, enlarged.height], [50, 100]);
});

test("what is too large for a PNG is a JPEG of the same edges, and of lower quality where that is too large", async () => {
  const noise = noiseImage(1000, 800);
  const encoder = createBoundedEncoder();
  const sizes: number[] = [];
  for (const maxBytes of [1_500_000, 500_000, 300_000]) {
    const file = await encoder.encodeWithin(noise, wholeOf(noise), { ...BOUNDS, maxBytes });
    const { format, width, height } = await sharp(file).metadata();
    assert.deepEqual([format, width, height], ["jpeg", 1000, 800]);
    assert.ok(file.length <= maxBytes);
    sizes.push(file.length);
  }
  assert.ok((sizes[0] ?? 0) > (sizes[2] ?? 0));
});

test("bounds that nothing fits into are an error, not a larger file", async () => {
  const noise = noiseImage(500, 500);
  await assert.rejects(
    createBoundedEncoder().encodeWithin(noise, wholeOf(noise), { ...BOUNDS, maxBytes: 10_000 }),
    /500×500 pixels do not fit into 10000 bytes/,
  );
});

test("the largest noise fits into the service's bounds", async () => {
  const noise = noiseImage(2048, 2048);
  const file = await createBoundedEncoder().encodeWithin(noise, wholeOf(noise), BOUNDS);
  assert.ok(file.length <= BOUNDS.maxBytes);
});
