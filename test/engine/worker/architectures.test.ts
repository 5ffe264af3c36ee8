/** @file Whole images of every architecture of the family against diffusers' inpainting pipeline (test/scripts/goldens/architectures.py). */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { z } from "zod";
import { SCHEDULER_NAMES } from "../../../src/diffusion/inpaint-job.js";
import type { LoadedModel } from "../../../src/engine/worker/loaded-model.js";
import { resizeLanczos } from "../../../src/tensor/resize-lanczos.js";
import { assertAllClose } from "../../support/all-close.js";
import { readGoldenJson } from "../../support/golden.js";
import { fixturePath } from "../../support/paths.js";
import { runJob } from "../../support/run-job.js";
import { codec, sampleImage, sampleJob, sampleMask } from "../../support/sample.js";
import { loadTestModel } from "../../support/test-model.js";
import { thinned } from "../../support/thinned.js";

const size = z.tuple([z.int(), z.int()]);
const cases = readGoldenJson(
  "architectures/cases.json",
  z.array(
    z.strictObject({
      checkpoint: z.string(),
      scheduler: z.enum(SCHEDULER_NAMES),
      /** Width and height of the input, and of what is asked for. */
      image: size,
      size,
      prompt: z.string(),
      negativePrompt: z.string(),
      seed: z.int(),
      steps: z.int(),
      strength: z.number(),
      guidanceScale: z.number(),
      paddingMaskCrop: z.int().nullable(),
      clipSkip: z.int(),
      eta: z.number(),
      maskBlur: z.number(),
      stride: z.int(),
    }),
  ),
);

const silent = { signal: new AbortController().signal, onStarted: () => {}, onProgress: () => {} };
const models = new Map<string, Promise<LoadedModel>>();
after(async () => {
  for (const model of models.values()) await (await model).release();
});

function modelOf(checkpoint: string): Promise<LoadedModel> {
  const model =
    models.get(checkpoint) ??
    loadTestModel({ modelDir: fixturePath(`golden/architectures/${checkpoint}`), threads: 2 });
  models.set(checkpoint, model);
  return model;
}

const words = (asked: object) =>
  Object.entries(asked)
    .map((entry) => entry.join(" "))
    .join(", ");

for (const [index, golden] of cases.entries()) {
  const { checkpoint, image, size, steps, paddingMaskCrop, stride, ...asked } = golden;
  const { prompt, negativePrompt, seed, ...shown } = asked;
  const [width, height] = size;
  const name = `${checkpoint} at ${width}x${height}, ${steps} steps, crop ${paddingMaskCrop}, ${words(shown)}`;
  test(name, async (t) => {
    const job = sampleJob({
      ...asked,
      numInferenceSteps: steps,
      width,
      height,
      ...(paddingMaskCrop !== null && { paddingMaskCrop }),
      preserveUnmasked: false,
      image: resizeLanczos(sampleImage, ...image),
      maskImage: resizeLanczos(sampleMask, ...image),
    });
    const finished = await runJob(await modelOf(checkpoint), job, silent);
    const file = fixturePath(`golden/architectures/${String(index).padStart(2, "0")}.png`);
    const expected = await codec.decode(await readFile(file));
    const actual = thinned(finished.image, stride);
    assert.deepEqual([actual.width, actual.height], [expected.width, expected.height]);
    const equal = actual.data.filter((value, i) => value === expected.data[i]).length;
    t.diagnostic(`${((100 * equal) / actual.data.length).toFixed(2)} % of the values are equal`);
    assertAllClose(t, "image", actual.data, expected.data, { absolute: 1 });
  });
}

test("the cases cover what they are to cover", () => {
  assert.ok(cases.length <= 40);
  const values = (key: (golden: (typeof cases)[number]) => unknown) => new Set(cases.map(key)).size;
  assert.equal(
    values(({ checkpoint }) => checkpoint),
    5,
  );
  assert.equal(
    values(({ scheduler }) => scheduler),
    SCHEDULER_NAMES.length,
  );
  assert.deepEqual(
    ["512x512", "384x640", "200x333"].filter(
      (wanted) =>
        !cases.some(({ size, paddingMaskCrop }) => paddingMaskCrop === null && size.join("x") === wanted),
    ),
    [],
  );
});
