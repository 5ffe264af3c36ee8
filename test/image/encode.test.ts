/** @file Image files as the codec writes them: format, quality, chroma, and no word of where the pixels came from. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { createSharpCodec, type EncodeOptions } from "../../src/image/sharp-codec.js";
import { samplePicture } from "../support/pictures.js";

const codec = createSharpCodec({ maxPixels: 16_000_000 });
const photograph = await samplePicture("image.png");

/** Mean of the absolute differences of all channels after a round trip, in levels of 255. */
async function loss(options: EncodeOptions): Promise<number> {
  const { data } = await codec.decode(await codec.encode(photograph, options));
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += Math.abs((data[i] ?? 0) - (photograph.data[i] ?? 0));
  return sum / data.length;
}

const FORMATS: readonly EncodeOptions[] = [
  { format: "png" },
  { format: "jpeg", quality: 95 },
  { format: "webp", quality: 90 },
  { format: "webp", quality: 100 },
];
for (const options of FORMATS) {
  const name = "quality" in options ? `${options.format} ${options.quality}` : options.format;
  test(`${name}: 8-bit RGB of the same size without metadata, the same bytes each time`, async () => {
    const file = await codec.encode(photograph, options);
    const { format, width, height, channels, depth, exif, icc, xmp, iptc } = await sharp(file).metadata();
    assert.deepEqual([format, width, height], [options.format, 512, 512]);
    assert.deepEqual([channels, depth], [3, "uchar"]);
    assert.deepEqual([exif, icc, xmp, iptc], [undefined, undefined, undefined, undefined]);
    assert.deepEqual(await codec.encode(photograph, options), file);
  });
}

test("PNG and WebP of quality 100 lose nothing", async () => {
  assert.equal(await loss({ format: "png" }), 0);
  assert.equal(await loss({ format: "webp", quality: 100 }), 0);
});

test("the higher the quality, the smaller the loss", async (t) => {
  for (const format of ["jpeg", "webp"] as const) {
    const losses = [];
    for (const quality of [1, 50, 90, 99]) losses.push(await loss({ format, quality }));
    t.diagnostic(`${format}: ${losses.map((value) => value.toFixed(2)).join(", ")} of 255`);
    assert.deepEqual(
      losses,
      losses.toSorted((a, b) => b - a),
    );
    assert.ok((losses.at(-1) ?? 9) < 2 && (losses[0] ?? 0) > 4);
  }
});

test("a JPEG keeps the chroma of every pixel", async () => {
  const { chromaSubsampling } = await sharp(
    await codec.encode(photograph, { format: "jpeg", quality: 50 }),
  ).metadata();
  assert.equal(chromaSubsampling, "4:4:4");
});
