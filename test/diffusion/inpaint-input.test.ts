import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { prepareInput } from "../../src/diffusion/inpaint-input.js";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { readGoldenJson } from "../support/golden.js";
import { noiseImage, samplePicture } from "../support/pictures.js";

// test/scripts/goldens/resample.py: StableDiffusionInpaintPipeline's image and mask before the networks
const size = z.tuple([z.number(), z.number()]);
const casesSchema = z.array(
  z.object({
    image: size.nullable(),
    mask: size.nullable(),
    size,
    repainted: z.number(),
    maskSha256: z.string(),
    latentMaskSha256: z.string(),
    maskedImageSha256: z.string(),
  }),
);

function jobOf(image: RgbImage, maskImage: RgbImage): InpaintJob {
  return {
    prompt: "",
    negativePrompt: "",
    image,
    maskImage,
    numInferenceSteps: 1,
    guidanceScale: 1,
    seed: 0,
    strength: 1,
    eta: 0,
    maskBlur: 0,
    invertMask: false,
    preserveUnmasked: true,
    maskFeather: 0,
  };
}

function sha256(array: Uint8Array | Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest("hex");
}

function filled(width: number, height: number, rgb: readonly [number, number, number]): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => rgb[i % 3] ?? 0) };
}

test("masks and masked image equal the reference's to the last bit", async (t) => {
  for (const golden of readGoldenJson("resample/inpaint-inputs.json", casesSchema)) {
    const [width, height] = golden.size;
    await t.test(
      `image ${golden.image ?? "photo"}, mask ${golden.mask ?? "photo"} at ${width}x${height}`,
      async () => {
        const image = golden.image ? noiseImage(...golden.image) : await samplePicture("image.png");
        const maskImage = golden.mask ? noiseImage(...golden.mask) : await samplePicture("mask.png");
        const prepared = prepareInput(jobOf(image, maskImage), { width, height, vaeScaleFactor: 8 });

        assert.equal(prepared.mask.data.filter((bit) => bit === 1).length, golden.repainted);
        assert.equal(sha256(prepared.mask.data), golden.maskSha256);
        assert.deepEqual(prepared.latentMask.shape, [1, 1, height / 8, width / 8]);
        assert.equal(sha256(Uint8Array.from(prepared.latentMask.data)), golden.latentMaskSha256);
        assert.deepEqual(prepared.maskedImage.shape, [1, 3, height, width]);
        assert.equal(sha256(prepared.maskedImage.data), golden.maskedImageSha256);
        assert.equal(prepared.repaintsNothing, false);
      },
    );
  }
});

const GEOMETRY = { width: 24, height: 16, vaeScaleFactor: 8 };

test("a mask repaints from luminance 128 on", () => {
  const level = fc.nat(255);
  fc.assert(
    fc.property(level, level, level, (red, green, blue) => {
      const { mask, repaintsNothing } = prepareInput(
        jobOf(noiseImage(24, 16), filled(9, 5, [red, green, blue])),
        GEOMETRY,
      );
      const grey = Math.floor((red * 19595 + green * 38470 + blue * 7471 + 32768) / 65536);
      assert.ok(mask.data.every((bit) => bit === Number(grey / 255 >= 0.5)));
      assert.equal(repaintsNothing, grey < 128);
    }),
  );
});

test("an all-black mask repaints nothing and blanks nothing", () => {
  const { maskedImage, latentMask, repaintsNothing } = prepareInput(
    jobOf(filled(24, 16, [255, 0, 127]), filled(1, 1, [0, 0, 0])),
    GEOMETRY,
  );
  assert.equal(repaintsNothing, true);
  assert.ok(latentMask.data.every((bit) => bit === 0));
  const plane = 24 * 16;
  assert.equal(maskedImage.data[0], 1);
  assert.equal(maskedImage.data[plane], -1);
  assert.equal(maskedImage.data[2 * plane], Math.fround(2 * Math.fround(127 / 255) - 1));
});

test("an all-white mask blanks everything", () => {
  const { maskedImage, latentMask } = prepareInput(
    jobOf(noiseImage(7, 9), filled(3, 3, [255, 255, 255])),
    GEOMETRY,
  );
  assert.ok(maskedImage.data.every((x) => x === 0));
  assert.ok(latentMask.data.every((bit) => bit === 1));
});

test("a size that has no whole latents is refused", () => {
  assert.throws(
    () => prepareInput(jobOf(noiseImage(4, 4), noiseImage(4, 4)), { ...GEOMETRY, width: 25 }),
    /25x16 pixels/,
  );
});
