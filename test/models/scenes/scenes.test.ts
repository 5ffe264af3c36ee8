/** @file The generator of training scenes: the same picture from the same seed, holes that have something in them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BACKGROUNDS } from "../../../models/scenes/backgrounds/backgrounds.js";
import { holeShare } from "../../../models/scenes/masks/mask.js";
import { isHeldOut } from "../../../models/scenes/objects/held-out.js";
import { Random } from "../../../models/scenes/random.js";
import { drawScene, type Scene } from "../../../models/scenes/scene.js";
import { heldOutPairsSaidBy } from "./caption-words.js";

const SIDE = 96;
const scene = (seed: number) => drawScene({ seed, width: SIDE, height: SIDE, heldOut: false });
const isShown = ({ things }: Pick<Scene, "things">) =>
  things.some(({ kind, colours }) => colours.some((colour) => isHeldOut(colour, kind)));

test("one seed is one scene, another seed another", async () => {
  const [first, again, other] = [await scene(7), await scene(7), await scene(8)];
  assert.deepEqual(first, again);
  assert.notDeepEqual(first.rgb, other.rgb);
});

test("every scene has its pixels, no held-out pair, and a hole of two hundredths at least", async () => {
  const shares: number[] = [];
  let named = 0;
  for (let seed = 0; seed < 60; seed++) {
    const { rgb, mask, caption, things } = await scene(seed);
    assert.ok(!isShown({ things }), `seed ${seed}`);
    assert.deepEqual(heldOutPairsSaidBy(caption), [], `seed ${seed}`);
    assert.equal(rgb.length, SIDE * SIDE * 3);
    assert.equal(mask.bytes.length, SIDE * SIDE);
    assert.ok(mask.bytes.every((value) => value === 0 || value === 255));
    shares.push(holeShare(mask));
    if (caption !== "") named++;
  }
  assert.ok(Math.min(...shares) >= 0.02, `${Math.min(...shares)}`);
  assert.ok(Math.max(...shares) === 1, "no scene is hidden as a whole");
  assert.ok(named > 40 && named < 60, `${named} of 60 captions say something`);
});

test("every background fills its picture with light that is neither black nor white throughout", () => {
  for (const [name, paint] of Object.entries(BACKGROUNDS)) {
    const { raster, matter, place } = paint(new Random(3), SIDE, SIDE / 2, 1);
    assert.equal(raster.values.length, (SIDE * SIDE * 3) / 2);
    const mean = raster.values.reduce((sum, value) => sum + value, 0) / raster.values.length;
    assert.ok(mean > 0.1 && mean < 0.95, `${name}: ${mean}`);
    assert.ok(matter !== "" && place !== "");
  }
});

test("a wide picture is wide in all its parts, and held-out pairs come up where they are wanted", async () => {
  const [width, height] = [160, 64];
  let heldOut = 0;
  for (let seed = 0; seed < 16; seed++) {
    const scene = await drawScene({ seed, width, height, heldOut: true });
    assert.deepEqual([scene.width, scene.height, scene.mask.width, scene.mask.height], [160, 64, 160, 64]);
    assert.deepEqual([scene.rgb.length, scene.mask.bytes.length], [width * height * 3, width * height]);
    assert.ok(holeShare(scene.mask) >= 0.02, `seed ${seed}`);
    if (isShown(scene)) heldOut++;
  }
  assert.ok(heldOut > 0, "no scene shows a pair that is held out");
});
