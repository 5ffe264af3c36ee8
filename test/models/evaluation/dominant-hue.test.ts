/** @file The measure of colour tells the generator's own objects right, and sees none in bare backgrounds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PAIRS, steeringCase } from "../../../models/evaluation/cases/steering-case.js";
import { dominantHue, hueCounts } from "../../../models/evaluation/measures/dominant-hue.js";
import { HUE_NAMES, HUES, hsl } from "../../../models/scenes/colour.js";
import { holeShare } from "../../../models/scenes/masks/mask.js";
import { renderThing } from "../../../models/scenes/objects/thing.js";
import { Random } from "../../../models/scenes/random.js";
import { filled, picture, SIDE, squareHole } from "./made-pictures.js";

const grey = picture(() => 128);

test("each named hue is found in its own tone, and not in the pixels outside the hole", () => {
  for (const name of HUE_NAMES) {
    const { hue, saturation, lightness } = HUES[name];
    const colour = hsl(hue, saturation, lightness);
    const painted = picture((_x, _y, channel) => 255 * (colour[channel] ?? 0));
    assert.equal(dominantHue(filled(grey, painted, squareHole()), grey, squareHole()), name);
    assert.equal(dominantHue(filled(painted, grey, squareHole()), grey, squareHole()), undefined);
  }
});

test("what the background has there already does not count", () => {
  const red = picture((_x, _y, channel) => (channel === 0 ? 230 : 20));
  assert.equal(dominantHue(red, red, squareHole()), undefined);
});

test("objects of the generator are told right, all pairs on all backgrounds, which have next to no hue of their own", async () => {
  const wrong: string[] = [];
  let saturated = 0;
  let holes = 0;
  for (const pair of PAIRS) {
    const { colour, shape, background, mask, region } = await steeringCase(pair, 0, SIDE);
    const tile = await renderThing(
      new Random(1),
      { kind: shape, colours: [colour] },
      Math.round(region.width),
    );
    const data = Uint8Array.from(background.data);
    const [left, top] = [Math.round(region.left), Math.round(region.top)];
    for (let i = 0; i < tile.size ** 2; i++) {
      if ((tile.rgba[i * 4 + 3] ?? 0) < 128) continue;
      const pixel = (top + Math.floor(i / tile.size)) * SIDE + left + (i % tile.size);
      for (let c = 0; c < 3; c++) data[pixel * 3 + c] = tile.rgba[i * 4 + c] ?? 0;
    }
    const found = dominantHue({ ...background, data }, background, mask);
    if (found !== colour) wrong.push(`${colour} ${shape}: ${found}`);
    saturated += Object.values(hueCounts(background, mask)).reduce((sum, count) => sum + count, 0);
    holes += holeShare(mask) * SIDE ** 2;
  }
  assert.deepEqual(wrong, []);
  assert.ok(saturated < 0.01 * holes, `${saturated} of ${holes} pixels of the bare holes are saturated`);
});
