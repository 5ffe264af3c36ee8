import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { z } from "zod";
import { luminance } from "../../src/tensor/luminance.js";
import { readGoldenJson } from "../support/golden.js";
import { noiseImage } from "../support/pictures.js";

// test/scripts/goldens/resample.py: PIL.Image.convert("L")
const schema = z.object({
  grey: z.array(z.number()),
  noise: z.object({ size: z.tuple([z.number(), z.number()]), sha256: z.string() }),
});

test("luminance is Pillow's for every grey and for random colours", () => {
  const { grey, noise } = readGoldenJson("resample/luminance.json", schema);
  const greys = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));
  assert.deepEqual([...luminance({ width: 256, height: 1, data: greys })], grey);
  const ofNoise = luminance(noiseImage(...noise.size));
  assert.equal(createHash("sha256").update(ofNoise).digest("hex"), noise.sha256);
});
