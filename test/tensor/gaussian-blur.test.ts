import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { gaussianBlur } from "../../src/tensor/gaussian-blur.js";
import { readGoldenJson } from "../support/golden.js";
import { noiseImage } from "../support/pictures.js";

// test/scripts/goldens/crops.py: PIL.ImageFilter.GaussianBlur
const casesSchema = z.array(
  z.object({
    size: z.tuple([z.number(), z.number()]),
    sigma: z.number(),
    first: z.array(z.number()),
    sha256: z.string(),
  }),
);

test("blurring equals Pillow's to the last bit", async (t) => {
  for (const { size, sigma, first, sha256 } of readGoldenJson("crops/blurs.json", casesSchema)) {
    await t.test(`${size.join("x")}, sigma ${sigma}`, () => {
      const image = noiseImage(...size);
      const blurred = gaussianBlur(image, sigma);
      assert.deepEqual([...blurred.data.subarray(0, first.length)], first);
      assert.equal(createHash("sha256").update(blurred.data).digest("hex"), sha256);
      assert.deepEqual(image, noiseImage(...size), "the source is left as it was");
    });
  }
});

test("the source is left as it was, also where its bytes are a Buffer", () => {
  const { data, ...size } = noiseImage(9, 4);
  const source = Buffer.from(data);
  gaussianBlur({ ...size, data: source }, 2);
  assert.deepEqual(new Uint8Array(source), data);
});

test("a picture of one colour keeps it, and sigma 0 changes nothing", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.nat(255),
      fc.double({ min: 0, max: 50, noNaN: true }),
      (edge, level, sigma) => {
        const flat = { width: edge, height: 3, data: new Uint8Array(edge * 9).fill(level) };
        assert.deepEqual(gaussianBlur(flat, sigma), flat);
      },
    ),
  );
  assert.deepEqual(gaussianBlur(noiseImage(9, 4), 0), noiseImage(9, 4));
});
