/** @file Whole images against diffusers' inpainting pipeline, for several seeds, prompts and sizes (test/scripts/goldens/images.py). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { assertAllClose } from "../../support/all-close.js";
import { WHOLE_IMAGE_GOLDENS } from "../../support/image-goldens.js";
import { runJob } from "../../support/run-job.js";
import { sampleImage, sampleJob, sampleMask } from "../../support/sample.js";
import { loadTestModel } from "../../support/test-model.js";
import { thinned } from "../../support/thinned.js";

const model = await loadTestModel({ threads: 2 });
after(() => model.release());

const silent = { signal: new AbortController().signal, onStarted: () => {}, onProgress: () => {} };

for (const { name, stride, job, expected } of WHOLE_IMAGE_GOLDENS) {
  test(`${name} equals the reference's image to 1/255`, async (t) => {
    const { image } = await runJob(model, job(), silent);
    const golden = await expected();
    const actual = thinned(image, stride).data;
    const equal = actual.filter((value, i) => value === golden.data[i]).length;
    t.diagnostic(`${((100 * equal) / actual.length).toFixed(2)} % of the values are equal`);
    assertAllClose(t, name, actual, golden.data, { absolute: 1 });
  });
}

test("with preserve_unmasked the same picture stands in the hole and the input around it", async () => {
  const changes = { numInferenceSteps: 1, seed: 5, guidanceScale: 1 };
  const raw = (await runJob(model, sampleJob({ ...changes, preserveUnmasked: false }), silent)).image;
  const kept = (await runJob(model, sampleJob({ ...changes, preserveUnmasked: true }), silent)).image;
  let hole = 0;
  for (let pixel = 0; pixel < kept.width * kept.height; pixel++) {
    const at = pixel * 3;
    const values = [...kept.data.subarray(at, at + 3)];
    // The mask is grey at its edge; 128 is the first level that counts as white.
    const repainted = (sampleMask.data[at] ?? 0) >= 128;
    hole += repainted ? 1 : 0;
    assert.deepEqual(
      values,
      [...(repainted ? raw : sampleImage).data.subarray(at, at + 3)],
      `pixel ${pixel}`,
    );
  }
  assert.ok(hole > 30_000, `${hole} pixels were repainted`);
});
