import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { overlayCrop } from "../../src/diffusion/crop-overlay.js";
import { finishImage } from "../../src/diffusion/finish-image.js";
import { type PreparedInput, prepareInput } from "../../src/diffusion/inpaint-input.js";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import type { ImageTensor } from "../../src/diffusion/networks.js";
import { resizeLanczos } from "../../src/tensor/resize-lanczos.js";
import { tensor } from "../../src/tensor/tensor.js";
import { drawnMask } from "../support/drawn-mask.js";
import { readGoldenJson } from "../support/golden.js";
import { noiseFloats } from "../support/integer-noise.js";
import { noiseImage } from "../support/pictures.js";
import { plainJob } from "../support/plain-job.js";

const WIDTH = 20;
const HEIGHT = 16;
const NOISE_SEED = 3;
const PICTURES = { image: noiseImage(33, 21), maskImage: noiseImage(17, 40) };

function prepare(changes: Partial<InpaintJob> = {}): PreparedInput {
  const job = plainJob(PICTURES, changes);
  const prepared = prepareInput(job, { width: WIDTH, height: HEIGHT, vaeScaleFactor: 4 });
  if (prepared.repaintsNothing) throw new Error("the mask repaints nothing");
  return prepared;
}

/** The decoder's output in test/scripts/goldens/resample.py: noise in −2 … 2 and every level's exact middle. */
function decoded(): ImageTensor {
  const data = noiseFloats(3 * HEIGHT * WIDTH, NOISE_SEED);
  for (let level = 0; level < 255; level++) {
    data[level] = Math.fround(Math.fround(Math.fround(level + 0.5) / 255) * 2) - 1;
  }
  return tensor([1, 3, HEIGHT, WIDTH], data);
}

test("the raw image is what VaeImageProcessor.postprocess makes", () => {
  const expected = readGoldenJson("resample/finished.json", z.array(z.number()));
  const image = finishImage(decoded(), prepare());
  assert.deepEqual([image.width, image.height], [WIDTH, HEIGHT]);
  assert.deepEqual([...image.data], expected);
});

test("a size between is the next size's picture resampled", () => {
  const asked = { width: 17, height: 14 };
  const raw = finishImage(decoded(), prepare());
  assert.deepEqual(finishImage(decoded(), prepare(asked)), resizeLanczos(raw, 17, 14));
});

test("a crop is laid over the original, at the original's size", () => {
  const maskImage = drawnMask([33, 21], [[5, 4, 14, 11, 255]]);
  const { finish, ...input } = prepare({ maskImage, paddingMaskCrop: 2 });
  assert.ok(finish.overlay);
  const image = finishImage(decoded(), { ...input, finish });
  assert.deepEqual(image, overlayCrop(finishImage(decoded(), prepare()), finish.overlay));
  assert.deepEqual([image.width, image.height], [33, 21]);
});

test("kept pixels are the input's own bytes at the size returned, and only the hole is the picture's", () => {
  const maskImage = drawnMask(
    [33, 21],
    [
      [5, 4, 14, 11, 255],
      [20, 9, 30, 20, 140],
    ],
  );
  for (const changes of [{}, { width: 17, height: 14 }, { maskImage, paddingMaskCrop: 2 }]) {
    const raw = finishImage(decoded(), prepare(changes));
    const input = prepare({ ...changes, preserveUnmasked: true });
    const pasted = finishImage(decoded(), input);
    const { mask, image } = input.finish.kept ?? assert.fail("nothing is kept");
    assert.ok(mask.data.includes(0) && mask.data.includes(1), "the mask has both");
    assert.equal(pasted.data.length, image.data.length);
    for (const [i, level] of pasted.data.entries()) {
      const source = mask.data[Math.floor(i / 3)] === 1 ? raw : image;
      assert.equal(level, source.data[i], `byte ${i}`);
    }
  }
});

test("with a crop, what is kept is the original itself", () => {
  const maskImage = drawnMask([33, 21], [[5, 4, 14, 11, 255]]);
  const { kept } = prepare({ maskImage, paddingMaskCrop: 2, preserveUnmasked: true }).finish;
  assert.deepEqual(kept?.image, PICTURES.image);
});

test("NaN and infinity anywhere are an error, never a pixel", () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const position of [0, 500, 3 * WIDTH * HEIGHT - 1]) {
      const poisoned = decoded();
      poisoned.data[position] = bad;
      assert.throws(() => finishImage(poisoned, prepare()), {
        name: "InpaintError",
        code: "NON_FINITE_OUTPUT",
      });
    }
  }
});

test("an image of another size is refused", () => {
  const other: ImageTensor = tensor([1, 3, WIDTH, HEIGHT], decoded().data);
  assert.throws(() => finishImage(other, prepare()), /\[1, 3, 20, 16\]/);
});
