/** @file Whole images of every architecture of the family against diffusers' inpainting pipeline (test/scripts/goldens/architectures.py). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SCHEDULER_NAMES } from "../../../src/diffusion/inpaint-job.js";
import type { LoadedModel } from "../../../src/engine/worker/loaded-model.js";
import { assertAllClose } from "../../support/all-close.js";
import { ARCHITECTURE_CASES, ARCHITECTURE_GOLDENS } from "../../support/image-goldens.js";
import { runJob } from "../../support/run-job.js";
import { loadTestModel } from "../../support/test-model.js";
import { thinned } from "../../support/thinned.js";

const silent = { signal: new AbortController().signal, onStarted: () => {}, onProgress: () => {} };
const models = new Map<string, Promise<LoadedModel>>();
after(async () => {
  for (const model of models.values()) await (await model).release();
});

function modelOf(modelDir: string): Promise<LoadedModel> {
  const model = models.get(modelDir) ?? loadTestModel({ modelDir, threads: 2 });
  models.set(modelDir, model);
  return model;
}

for (const golden of ARCHITECTURE_GOLDENS) {
  test(golden.name, async (t) => {
    const finished = await runJob(await modelOf(golden.modelDir), golden.job(), silent);
    const expected = await golden.expected();
    const actual = thinned(finished.image, golden.stride);
    assert.deepEqual([actual.width, actual.height], [expected.width, expected.height]);
    const equal = actual.data.filter((value, i) => value === expected.data[i]).length;
    t.diagnostic(`${((100 * equal) / actual.data.length).toFixed(2)} % of the values are equal`);
    assertAllClose(t, "image", actual.data, expected.data, { absolute: 1 });
  });
}

test("the cases cover what they are to cover", () => {
  assert.ok(ARCHITECTURE_CASES.length <= 40);
  const values = (key: (golden: (typeof ARCHITECTURE_CASES)[number]) => unknown) =>
    new Set(ARCHITECTURE_CASES.map(key)).size;
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
        !ARCHITECTURE_CASES.some(
          ({ size, paddingMaskCrop }) => paddingMaskCrop === null && size.join("x") === wanted,
        ),
    ),
    [],
  );
});
