import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { imageTensor } from "../../src/diffusion/image-tensor.js";
import { type PreparedInput, prepareInput } from "../../src/diffusion/inpaint-input.js";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import type { ModelGeometry } from "../../src/diffusion/job-sizes.js";
import { gaussianBlur } from "../../src/tensor/gaussian-blur.js";
import { resizeLanczos } from "../../src/tensor/resize-lanczos.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { drawnMask, rectangle } from "../support/drawn-mask.js";
import { readGoldenJson } from "../support/golden.js";
import { noiseImage, samplePicture } from "../support/pictures.js";
import { plainJob } from "../support/plain-job.js";

// test/scripts/goldens/resample.py: StableDiffusionInpaintPipeline's image and mask before the networks
const size = z.tuple([z.number(), z.number()]);
const stretchedSchema = z.array(
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
// test/scripts/goldens/crops.py: the same with padding_mask_crop
const croppedSchema = z.array(
  z.object({
    image: size,
    rectangles: z.array(rectangle),
    size,
    padding: z.number(),
    blur: z.number().default(0),
    region: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    repainted: z.number(),
    imageSha256: z.string(),
    maskSha256: z.string(),
    latentMaskSha256: z.string(),
    overlaidSha256: z.string(),
  }),
);

const GEOMETRY: ModelGeometry = { width: 24, height: 16, vaeScaleFactor: 8 };

function prepare(job: InpaintJob, geometry = GEOMETRY): PreparedInput {
  const prepared = prepareInput(job, geometry);
  if (prepared.repaintsNothing) throw new Error("the mask repaints nothing");
  return prepared;
}

function sha256(array: Uint8Array | Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest("hex");
}

function filled(width: number, height: number, rgb: readonly [number, number, number]): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => rgb[i % 3] ?? 0) };
}

const repaintedPixels = ({ mask }: PreparedInput) => mask.data.filter((bit) => bit === 1).length;

test("masks and masked image equal the reference's to the last bit", async (t) => {
  for (const golden of readGoldenJson("resample/inpaint-inputs.json", stretchedSchema)) {
    const [width, height] = golden.size;
    await t.test(
      `image ${golden.image ?? "photo"}, mask ${golden.mask ?? "photo"} at ${width}x${height}`,
      async () => {
        const image = golden.image ? noiseImage(...golden.image) : await samplePicture("image.png");
        const maskImage = golden.mask ? noiseImage(...golden.mask) : await samplePicture("mask.png");
        const input = prepare(plainJob({ image, maskImage }), { width, height, vaeScaleFactor: 8 });

        assert.equal(repaintedPixels(input), golden.repainted);
        assert.equal(sha256(input.mask.data), golden.maskSha256);
        assert.deepEqual(input.latentMask.shape, [1, 1, height / 8, width / 8]);
        assert.equal(sha256(Uint8Array.from(input.latentMask.data)), golden.latentMaskSha256);
        const maskedImage = imageTensor(input.image, input.mask);
        assert.deepEqual(maskedImage.shape, [1, 3, height, width]);
        assert.equal(sha256(maskedImage.data), golden.maskedImageSha256);
      },
    );
  }
});

test("what padding_mask_crop cuts out equals the reference's to the last bit", async (t) => {
  for (const golden of readGoldenJson("crops/crops.json", croppedSchema)) {
    const [width, height] = golden.size;
    const name = `${golden.image.join("x")} at ${width}x${height}, padding ${golden.padding}, blur ${golden.blur}`;
    await t.test(name, () => {
      const job = plainJob(
        { image: noiseImage(...golden.image), maskImage: drawnMask(golden.image, golden.rectangles) },
        { width, height, paddingMaskCrop: golden.padding, maskBlur: golden.blur },
      );
      const input = prepare(job);
      const { left, top, right, bottom } = input.finish.overlay?.region ?? {};
      assert.deepEqual([left, top, right, bottom], golden.region);
      assert.equal(sha256(imageTensor(input.image).data), golden.imageSha256);
      assert.equal(repaintedPixels(input), golden.repainted);
      assert.equal(sha256(input.mask.data), golden.maskSha256);
      assert.equal(sha256(Uint8Array.from(input.latentMask.data)), golden.latentMaskSha256);
    });
  }
});

test("a mask repaints from luminance 128 on", () => {
  const level = fc.nat(255);
  fc.assert(
    fc.property(level, level, level, (red, green, blue) => {
      const { mask } = prepare(
        plainJob({ image: noiseImage(24, 16), maskImage: filled(9, 5, [red, green, blue]) }),
      );
      const grey = Math.floor((red * 19595 + green * 38470 + blue * 7471 + 32768) / 65536);
      assert.ok(mask.data.every((bit) => bit === Number(grey / 255 >= 0.5)));
    }),
  );
});

test("an all-black mask blanks nothing", () => {
  const { image, mask, latentMask } = prepare(
    plainJob({ image: filled(24, 16, [255, 0, 127]), maskImage: filled(1, 1, [0, 0, 0]) }),
  );
  assert.ok(latentMask.data.every((bit) => bit === 0));
  const { data } = imageTensor(image, mask);
  const plane = 24 * 16;
  assert.equal(data[0], 1);
  assert.equal(data[plane], -1);
  assert.equal(data[2 * plane], Math.fround(2 * Math.fround(127 / 255) - 1));
});

test("an all-white mask blanks everything", () => {
  const { image, mask, latentMask } = prepare(
    plainJob({ image: noiseImage(7, 9), maskImage: filled(3, 3, [255, 255, 255]) }),
  );
  assert.ok(imageTensor(image, mask).data.every((x) => x === 0));
  assert.ok(imageTensor(image).data.some((x) => x !== 0));
  assert.ok(latentMask.data.every((bit) => bit === 1));
});

test("an inverted mask repaints what it kept", () => {
  const pictures = { image: noiseImage(24, 16), maskImage: drawnMask([24, 16], [[0, 0, 8, 16, 255]]) };
  const { mask } = prepare(plainJob(pictures, { invertMask: true }));
  assert.ok(mask.data.every((bit, i) => bit === Number(i % 24 >= 8)));
});

test("a mask is inverted, then blurred at its own size, then stretched", () => {
  const pictures = { image: noiseImage(24, 16), maskImage: noiseImage(61, 45) };
  const inverted = { ...pictures.maskImage, data: pictures.maskImage.data.map((level) => 255 - level) };
  assert.deepEqual(
    prepare(plainJob(pictures, { invertMask: true, maskBlur: 1.3 })).mask,
    prepare(plainJob({ ...pictures, maskImage: gaussianBlur(inverted, 1.3) })).mask,
  );
});

test("any size is computed at the next multiple of the scale factor, straight from the pictures", () => {
  const job = plainJob(
    { image: noiseImage(50, 40), maskImage: noiseImage(31, 64) },
    { height: 20, width: 33, preserveUnmasked: true },
  );
  const { image, mask, latentMask, finish } = prepare(job);
  assert.deepEqual(image, resizeLanczos(job.image, 40, 24));
  assert.deepEqual([mask.width, mask.height], [40, 24]);
  assert.deepEqual(latentMask.shape, [1, 1, 3, 5]);
  assert.deepEqual(finish.returned, { width: 33, height: 20 });
  assert.deepEqual(finish.kept?.image, resizeLanczos(job.image, 33, 20));
  assert.deepEqual([finish.kept?.mask.width, finish.kept?.mask.height], [33, 20]);
});

test("a size of no pixel is refused", () => {
  const pictures = { image: noiseImage(9, 9), maskImage: noiseImage(9, 9) };
  for (const bad of [0, -8, 8.5, Number.NaN]) {
    const refused = { name: "InpaintError", code: "INVALID_INPUT" };
    assert.throws(() => prepareInput(plainJob(pictures, { width: bad }), GEOMETRY), {
      ...refused,
      message: /^width/,
    });
    assert.throws(() => prepareInput(plainJob(pictures, { height: bad }), GEOMETRY), {
      ...refused,
      message: /^height/,
    });
  }
});

test("with kept pixels, a mask that repaints nothing gives the image at the size asked for", () => {
  const dark = { image: noiseImage(50, 40), maskImage: filled(50, 40, [127, 127, 127]) };
  assert.deepEqual(
    prepareInput(plainJob(dark, { preserveUnmasked: true, width: 33, height: 20 }), GEOMETRY),
    {
      repaintsNothing: true,
      image: resizeLanczos(dark.image, 33, 20),
    },
  );
  assert.equal(prepareInput(plainJob(dark), GEOMETRY).repaintsNothing, false);
});

test("a crop to a black mask gives the original, as its overlay would, kept pixels or not", () => {
  const black = { image: noiseImage(50, 40), maskImage: filled(7, 7, [0, 0, 0]) };
  for (const preserveUnmasked of [true, false]) {
    const prepared = prepareInput(plainJob(black, { preserveUnmasked, paddingMaskCrop: 4 }), GEOMETRY);
    assert.deepEqual(prepared, { repaintsNothing: true, image: black.image });
  }
});

test("a crop stretches a mask of another size to the image first", () => {
  const maskImage = drawnMask([25, 20], [[10, 10, 15, 15, 255]]);
  const image = noiseImage(50, 40);
  const changes = { paddingMaskCrop: 3 };
  assert.deepEqual(
    prepareInput(plainJob({ image, maskImage }, changes), GEOMETRY),
    prepareInput(plainJob({ image, maskImage: resizeLanczos(maskImage, 50, 40) }, changes), GEOMETRY),
  );
});

test("a crop that would be thinner than a pixel, or cover more than memory allows, is refused", () => {
  const line = plainJob(
    { image: filled(600, 1, [9, 9, 9]), maskImage: filled(600, 1, [255, 255, 255]) },
    { paddingMaskCrop: 0, width: 512, height: 512 },
  );
  assert.throws(() => prepareInput(line, GEOMETRY), {
    code: "INVALID_INPUT",
    message: /600x1 pixels, is too thin/,
  });
  const strip = plainJob(
    { image: filled(30_000, 60, [9, 9, 9]), maskImage: filled(30_000, 60, [255, 255, 255]) },
    { paddingMaskCrop: 0, width: 512, height: 512 },
  );
  assert.throws(() => prepareInput(strip, GEOMETRY), { code: "INVALID_INPUT", message: /30000x60 pixels/ });
});
