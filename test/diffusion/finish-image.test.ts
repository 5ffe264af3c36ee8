import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { finishImage } from "../../src/diffusion/finish-image.js";
import { prepareInput } from "../../src/diffusion/inpaint-input.js";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import type { ImageTensor } from "../../src/diffusion/networks.js";
import { tensor } from "../../src/tensor/tensor.js";
import { readGoldenJson } from "../support/golden.js";
import { noiseFloats } from "../support/integer-noise.js";
import { noiseImage } from "../support/pictures.js";

const WIDTH = 20;
const HEIGHT = 16;
const NOISE_SEED = 3;
const JOB: InpaintJob = {
  prompt: "",
  negativePrompt: "",
  image: noiseImage(33, 21),
  maskImage: noiseImage(17, 40),
  numInferenceSteps: 1,
  guidanceScale: 1,
  seed: 0,
  preserveUnmasked: true,
  strength: 1,
  eta: 0,
  maskBlur: 0,
  invertMask: false,
  maskFeather: 0,
};
const PREPARED = prepareInput(JOB, { width: WIDTH, height: HEIGHT, vaeScaleFactor: 4 });

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
  const image = finishImage(decoded(), PREPARED, { preserveUnmasked: false });
  assert.deepEqual([image.width, image.height], [WIDTH, HEIGHT]);
  assert.deepEqual([...image.data], expected);
});

test("preserved pixels are the input's own bytes, and only the hole is the decoder's", () => {
  const raw = finishImage(decoded(), PREPARED, { preserveUnmasked: false });
  const pasted = finishImage(decoded(), PREPARED, { preserveUnmasked: true });
  const { mask, image } = PREPARED;
  assert.ok(mask.data.includes(0) && mask.data.includes(1), "the mask has both");
  for (let i = 0; i < 3 * WIDTH * HEIGHT; i++) {
    const source = mask.data[Math.floor(i / 3)] === 1 ? raw : image;
    assert.equal(pasted.data[i], source.data[i], `byte ${i}`);
  }
});

test("NaN and infinity anywhere are an error, never a pixel", () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const position of [0, 500, 3 * WIDTH * HEIGHT - 1]) {
      const poisoned = decoded();
      poisoned.data[position] = bad;
      assert.throws(() => finishImage(poisoned, PREPARED, { preserveUnmasked: true }), {
        name: "InpaintError",
        code: "NON_FINITE_OUTPUT",
      });
    }
  }
});

test("an image of another size is refused", () => {
  const other: ImageTensor = tensor([1, 3, WIDTH, HEIGHT], decoded().data);
  assert.throws(() => finishImage(other, PREPARED, { preserveUnmasked: true }), /\[1, 3, 20, 16\]/);
});
