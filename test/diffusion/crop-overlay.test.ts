import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { z } from "zod";
import { overlayCrop } from "../../src/diffusion/crop-overlay.js";
import { gaussianBlur } from "../../src/tensor/gaussian-blur.js";
import { drawnMask, rectangle } from "../support/drawn-mask.js";
import { readGoldenJson } from "../support/golden.js";
import { noiseBytes } from "../support/integer-noise.js";
import { noiseImage } from "../support/pictures.js";

// test/scripts/goldens/crops.py: VaeImageProcessor.apply_overlay
const PICTURE_SEED = 41;
const size = z.tuple([z.number(), z.number()]);
const casesSchema = z.array(
  z.object({
    image: size,
    rectangles: z.array(rectangle),
    size,
    blur: z.number().default(0),
    region: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    overlaidSha256: z.string(),
  }),
);

test("the original is left as it was, also where its bytes are a Buffer", () => {
  const { data, ...edges } = noiseImage(6, 5);
  const original = { ...edges, data: Buffer.from(data) };
  const maskImage = drawnMask([6, 5], [[0, 0, 6, 5, 255]]);
  overlayCrop(noiseImage(8, 8), { original, maskImage, region: { left: 0, top: 0, right: 6, bottom: 5 } });
  assert.deepEqual(new Uint8Array(original.data), data);
});

test("the overlay equals the reference's to the last bit, greys and all", async (t) => {
  for (const golden of readGoldenJson("crops/crops.json", casesSchema)) {
    await t.test(`${golden.image.join("x")} at ${golden.region.join()}, blur ${golden.blur}`, () => {
      const [left, top, right, bottom] = golden.region;
      const [width, height] = golden.size;
      const original = noiseImage(...golden.image);
      const picture = { width, height, data: noiseBytes(width * height * 3, PICTURE_SEED) };
      const maskImage = gaussianBlur(drawnMask(golden.image, golden.rectangles), golden.blur);
      const overlaid = overlayCrop(picture, { original, maskImage, region: { left, top, right, bottom } });
      assert.equal(createHash("sha256").update(overlaid.data).digest("hex"), golden.overlaidSha256);
      assert.deepEqual(original, noiseImage(...golden.image), "the original is left as it was");
    });
  }
});
