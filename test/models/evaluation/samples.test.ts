/** @file The README's samples: what is drawn for them, and their table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { picturesTable, withPictures } from "../../../models/evaluation/pictures-table.js";
import { samplePhotograph } from "../../../models/evaluation/sample-photograph.js";
import { SAMPLES } from "../../../models/evaluation/samples.js";
import { holeShare } from "../../../models/scenes/masks/mask.js";

test("every sample has a file of its own, and grass and a wooden bench are asked of the photograph", () => {
  assert.equal(new Set(SAMPLES.map(({ name }) => name)).size, SAMPLES.length);
  const prompts = SAMPLES.map(({ prompt }) => prompt);
  for (const prompt of ["grass", "a wooden bench"]) assert.ok(prompts.includes(prompt), prompt);
});

test("the photograph hides the dog alone, in black and white", async () => {
  const { image, mask } = await samplePhotograph(256);
  assert.equal(image.data.length, 256 * 256 * 3);
  assert.ok(mask.bytes.every((value) => value === 0 || value === 255));
  assert.ok(holeShare(mask) > 0.1 && holeShare(mask) < 0.4, `${holeShare(mask)}`);
});

test("the table replaces what stands between the marks, and nothing else", () => {
  const [sample] = SAMPLES;
  assert.ok(sample);
  const table = picturesTable([sample], "docs/pictures");
  assert.match(table, /\| grass \(seed 1\) \| !\[grass\]\(docs\/pictures\/bench-grass\.webp\) \|$/);
  const text = "a\n<!-- pictures -->\nold\n<!-- /pictures -->\nb\n";
  assert.equal(withPictures(text, "new"), "a\n<!-- pictures -->\nnew\n<!-- /pictures -->\nb\n");
  assert.equal(withPictures(withPictures(text, "new"), "new"), withPictures(text, "new"));
  assert.throws(() => withPictures("no marks", "new"), /<!-- pictures -->/);
});
