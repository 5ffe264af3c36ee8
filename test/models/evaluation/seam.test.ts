/** @file What the server's feather hides from a look at the edge's own pixels shows to the measures of continuity. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { meanColour } from "../../../models/evaluation/baselines/mean-colour.js";
import { textureCase } from "../../../models/evaluation/cases/texture-case.js";
import { seam } from "../../../models/evaluation/measures/seam.js";
import {
  type Continuity,
  continuityOf,
  isWithin,
  medianContinuity,
} from "../../../models/evaluation/parts/continuity.js";
import type { Mask } from "../../../models/scenes/masks/mask.js";
import { Random } from "../../../models/scenes/random.js";
import { pasteKept } from "../../../src/diffusion/kept-pixels.js";
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { filled, picture, SIDE, squareHole } from "./made-pictures.js";

/** As the server answers with its defaults: `painted` in the hole, over four pixels mixed with `image`. */
function answered(image: RgbImage, painted: RgbImage, { width, height, bytes }: Mask): RgbImage {
  const result = { ...painted, data: Uint8Array.from(painted.data) };
  const data = bytes.map((value) => (value === 0 ? 0 : 1));
  pasteKept(result, { image, mask: { width, height, data }, feather: 4 });
  return result;
}

const failures = (ratios: Continuity) =>
  (["seam", "deviation", "slope"] as const).filter((measure) => !isWithin(measure, ratios[measure]));

const cases = await Promise.all([0, 1, 2, 3, 4].map((index) => textureCase(index, SIDE)));

test("grey, the mean colour and white noise fail on every background, the feather notwithstanding", async () => {
  const random = new Random(4);
  for (const { original, mask, prompt } of cases) {
    const fills = {
      grey: picture(() => 128),
      mean: await meanColour(original, mask),
      noise: picture(() => random.uniform(0, 256)),
    };
    for (const [name, painted] of Object.entries(fills)) {
      const ratios = continuityOf(original, answered(original, painted, mask), mask);
      assert.notDeepEqual(failures(ratios), [], `${name} in ${prompt}: ${JSON.stringify(ratios)}`);
    }
  }
});

test("a wrong colour that hardly shows at the edge's own pixels is a seam", () => {
  for (const { original, mask, prompt } of cases) {
    const data = original.data.map((value) => Math.min(255, value + 40));
    const { edge, seam: step } = continuityOf(
      original,
      answered(original, { ...original, data }, mask),
      mask,
    );
    assert.ok(!isWithin("seam", step) && step > edge, `${prompt}: seam ${step}, edge ${edge}`);
    const hard = filled(original, { ...original, data }, mask);
    assert.equal(step, continuityOf(original, hard, mask).seam, "the feather makes no difference");
  }
});

test("the untouched pictures continue themselves", () => {
  const ratios = cases.map(({ original, mask }) => continuityOf(original, original, mask));
  for (const { edge, seam: step } of ratios) assert.deepEqual([edge, step], [1, 1]);
  assert.deepEqual(failures(medianContinuity(ratios)), [], JSON.stringify(ratios));
});

test("a step of 30 levels is 30, whatever the pixels of the texture do", () => {
  const board = (level: number) => picture((x, y) => level + ((x + y) % 2 === 0 ? 20 : -20));
  const step = seam(filled(board(100), board(130), squareHole()), squareHole());
  assert.ok(Math.abs(step - 30) < 1, `${step}`);
});

test("a hole without an edge is refused", () => {
  const everything = { ...squareHole(), bytes: new Uint8Array(SIDE * SIDE).fill(255) };
  assert.throws(
    () =>
      seam(
        picture(() => 0),
        everything,
      ),
    /no edge/,
  );
});
