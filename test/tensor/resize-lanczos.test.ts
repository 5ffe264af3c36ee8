import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { resizeLanczos } from "../../src/tensor/resize-lanczos.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { readGoldenJson } from "../support/golden.js";
import { noiseImage, samplePicture } from "../support/pictures.js";

// test/scripts/goldens/resample.py: PIL.Image.resize(size, LANCZOS)
const size = z.tuple([z.number(), z.number()]);
const casesSchema = z.array(
  z.object({
    source: z.enum(["photo", "noise"]),
    from: size,
    to: size,
    sha256: z.string(),
    crop: z.object({ left: z.number(), top: z.number(), rows: z.array(z.array(z.number())) }),
  }),
);

/** The pixels of `image` under a golden's crop, in its form. */
function cropLike(image: RgbImage, { left, top, rows }: z.infer<typeof casesSchema>[number]["crop"]) {
  return rows.map((row, y) => {
    const start = ((top + y) * image.width + left) * 3;
    return [...image.data.subarray(start, start + row.length)];
  });
}

test("resizing equals Pillow's to the last bit", async (t) => {
  const photo = await samplePicture("image.png");
  for (const { source, from, to, sha256, crop } of readGoldenJson("resample/resized.json", casesSchema)) {
    await t.test(`${source} ${from.join("x")} to ${to.join("x")}`, () => {
      const image = source === "photo" ? photo : noiseImage(...from);
      assert.deepEqual([image.width, image.height], from);
      const resized = resizeLanczos(image, ...to);
      assert.deepEqual(cropLike(resized, crop), crop.rows, "the pixels in the middle");
      assert.equal(createHash("sha256").update(resized.data).digest("hex"), sha256);
    });
  }
});

const edge = fc.integer({ min: 1, max: 40 });

test("a picture of one colour keeps it at any size", () => {
  const colour = fc.tuple(...[0, 1, 2].map(() => fc.nat(255)));
  fc.assert(
    fc.property(edge, edge, edge, edge, colour, (fromWidth, fromHeight, width, height, rgb) => {
      const pixels = (count: number) => Uint8Array.from({ length: count * 3 }, (_, i) => rgb[i % 3] ?? 0);
      const image = { width: fromWidth, height: fromHeight, data: pixels(fromWidth * fromHeight) };
      assert.deepEqual(resizeLanczos(image, width, height), {
        width,
        height,
        data: pixels(width * height),
      });
    }),
  );
});

test("the result is a copy, also at the same size and of a Buffer", () => {
  const { data, ...size } = noiseImage(5, 4);
  const image = { ...size, data: Buffer.from(data) };
  const copy = resizeLanczos(image, 5, 4);
  assert.deepEqual(copy, noiseImage(5, 4));
  copy.data.fill(0);
  assert.deepEqual(new Uint8Array(image.data), data);
});

test("sizes that make no picture are refused", () => {
  const image = noiseImage(2, 2);
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => resizeLanczos(image, bad, 2), /target width/);
    assert.throws(() => resizeLanczos(image, 2, bad), /target height/);
  }
  assert.throws(() => resizeLanczos({ ...image, height: 3 }, 4, 4), /2x3 pixels cannot have 12 bytes/);
});
