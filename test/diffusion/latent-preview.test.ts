/** @file The preview's map: recovered where there is one, and of use on a VAE that has none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { imageTensor } from "../../src/diffusion/image-tensor.js";
import { meanLatents } from "../../src/diffusion/latent-dist.js";
import { applyPreview, fitPreview, type PreviewMap } from "../../src/diffusion/latent-preview.js";
import type { ImageTensor, Latents } from "../../src/diffusion/networks.js";
import { previewPicture } from "../../src/diffusion/preview-picture.js";
import { tensor } from "../../src/tensor/tensor.js";
import { assertAllClose } from "../support/all-close.js";
import { noiseFloats } from "../support/integer-noise.js";
import { loadTestModel } from "../support/test-model.js";

const BLOCK = 8;
const [HEIGHT, WIDTH] = [8, 6];
const PLANE = HEIGHT * WIDTH;

/** A decoder that is linear: what each colour takes of the four channels, and adds. */
const COLOURS: PreviewMap = [
  { coefficients: [0.3, 0.2, -0.15, -0.1], intercept: -0.05 },
  { coefficients: [0.2, 0.25, 0.1, -0.12], intercept: 0.02 },
  { coefficients: [0.15, 0.1, 0.14, -0.35], intercept: 0.1 },
];

const LATENTS: Latents = tensor([1, 4, HEIGHT, WIDTH], noiseFloats(4 * PLANE, 5));

function linearly(colour: number, i: number): number {
  const { coefficients, intercept } = COLOURS[colour] ?? assert.fail("no such colour");
  return coefficients.reduce(
    (sum, c, channel) => sum + c * (LATENTS.data[channel * PLANE + i] ?? 0),
    intercept,
  );
}

/** What the linear decoder makes of the latents, with a pattern in each block that its mean does not see. */
function decodedLinearly(): ImageTensor {
  const [height, width] = [HEIGHT * BLOCK, WIDTH * BLOCK];
  const data = Float32Array.from({ length: 3 * height * width }, (_, p) => {
    const colour = Math.floor(p / (height * width));
    const y = Math.floor(p / width) % height;
    const x = p % width;
    const pattern = (x + y) % 2 === 0 ? 0.5 : -0.5;
    return linearly(colour, Math.floor(y / BLOCK) * WIDTH + Math.floor(x / BLOCK)) + pattern;
  });
  return tensor([1, 3, height, width], data);
}

test("the map of a linear VAE is recovered", (t) => {
  const map = fitPreview(LATENTS, decodedLinearly());
  for (const [i, { coefficients, intercept }] of map.entries()) {
    const expected = COLOURS[i] ?? assert.fail("no such colour");
    assertAllClose(
      t,
      `colour ${i}`,
      [...coefficients, intercept],
      [...expected.coefficients, expected.intercept],
      { absolute: 1e-6 },
    );
  }
});

test("an encoder of three colours into four channels is undone, though one channel is too many", (t) => {
  const picture = previewPicture(64);
  const image = imageTensor(picture);
  const mix = [
    [1, 0.5, 0],
    [-0.5, 1, 0.25],
    [0, 0.25, -1],
    [0.5, 0.5, 0.5],
  ];
  const means = (colour: number) =>
    Array.from({ length: 64 }, (_, i) => blockMean(image.data, 64, colour, Math.floor(i / 8), i % 8));
  const colours = [0, 1, 2].map(means);
  const data = Float32Array.from({ length: 4 * 64 }, (_, i) =>
    (mix[Math.floor(i / 64)] ?? []).reduce((sum, m, c) => sum + m * (colours[c]?.[i % 64] ?? 0), 0.3),
  );
  const latents: Latents = tensor([1, 4, 8, 8], data);
  const preview = applyPreview(fitPreview(latents, image), latents);
  const expected = Array.from(
    preview.data,
    (_, p) => 127.5 + 127.5 * (colours[p % 3]?.[Math.floor(p / 3)] ?? 0),
  );
  assertAllClose(t, "levels", preview.data, expected, { absolute: 0.51 });
});

test("a pixel is the map of its latent, clamped and interleaved", () => {
  const map: PreviewMap = [
    { coefficients: [1, 0, 0, 0], intercept: 0 },
    { coefficients: [0, 1, 0, 0.5], intercept: 0 },
    { coefficients: [0, 0, 1, 0], intercept: 0.2 },
  ];
  const latents: Latents = tensor([1, 4, 1, 2], Float32Array.of(-1, 0.2, 0.2, 9, -0.4, 0.5, 0, -9));
  assert.deepEqual(applyPreview(map, latents), {
    width: 2,
    height: 1,
    data: Uint8Array.of(0, 153, 102, 153, 255, 217),
  });
});

test("the map survives a message between processes", () => {
  const map = fitPreview(LATENTS, decodedLinearly());
  assert.deepEqual(structuredClone(map), map);
});

test("shapes that do not fit are refused", () => {
  const image = decodedLinearly();
  const map = fitPreview(LATENTS, image);
  const uneven: ImageTensor = tensor([1, 3, 65, 48], new Float32Array(3 * 65 * 48));
  assert.throws(() => fitPreview(LATENTS, uneven), RangeError);
  const nine: Latents = tensor([1, 9, 2, 2], new Float32Array(36));
  assert.throws(() => applyPreview(map, nine), RangeError);
  assert.throws(() => fitPreview(nine, image), RangeError);
});

test("on the random checkpoint a preview of the picture goes with the picture", async (t) => {
  const model = await loadTestModel();
  t.after(() => model.release());
  const image = imageTensor(previewPicture(64));
  const latents = meanLatents(await model.networks.encodeImage(image), model.scalingFactor);
  const preview = applyPreview(fitPreview(latents, image), latents);
  const expected = Array.from(preview.data, (_, p) =>
    blockMean(image.data, 64, p % 3, Math.floor(p / 24), Math.floor(p / 3) % 8),
  );
  const measured = correlation(preview.data, expected);
  // its weights are random, so hardly linear: 0.43 is the most that any linear map gives
  t.diagnostic(`correlation ${measured.toFixed(3)}, at least 0.38`);
  assert.ok(measured >= 0.38, `${measured}`);
});

/** Of the block of 8×8 pixels at `row`, `column`, in a square picture of planes. */
function blockMean(data: Float32Array, size: number, colour: number, row: number, column: number): number {
  let sum = 0;
  for (let y = row * BLOCK; y < (row + 1) * BLOCK; y++) {
    const start = (colour * size + y) * size + column * BLOCK;
    for (const value of data.subarray(start, start + BLOCK)) sum += value;
  }
  return sum / BLOCK ** 2;
}

/** Pearson's. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const centred = (values: ArrayLike<number>) => {
    const all = Array.from(values);
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
    return all.map((x) => x - mean);
  };
  const [x, y] = [centred(a), centred(b)];
  const dot = (p: number[], q: number[]) => p.reduce((sum, value, i) => sum + value * (q[i] ?? 0), 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}
