/** @file Cases are the same every time, with holes of the size they promise. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sceneCase } from "../../../models/evaluation/cases/scene-case.js";
import { PAIRS, steeringCase } from "../../../models/evaluation/cases/steering-case.js";
import { textureCase } from "../../../models/evaluation/cases/texture-case.js";
import { windowsOf } from "../../../models/evaluation/measures/texture-windows.js";
import { holeShare } from "../../../models/scenes/masks/mask.js";
import { SIDE } from "./made-pictures.js";

const FIRST_SEED = 900_000_000;

test("scenes: seeds far from training's, holes of 3 to 50 %, the same twice", async () => {
  const scenes = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => sceneCase(index, SIDE)));
  assert.deepEqual(await sceneCase(3, SIDE), scenes[3]);
  for (const { seed, mask } of scenes) {
    assert.ok(seed >= FIRST_SEED);
    assert.ok(holeShare(mask) >= 0.03 && holeShare(mask) <= 0.5);
  }
  assert.equal(new Set(scenes.map(({ seed }) => seed)).size, scenes.length);
});

test("steering: 48 pairs, 6 of them held out, each with room for an object and its own words", async () => {
  assert.equal(PAIRS.length, 48);
  assert.equal(PAIRS.filter(({ heldOut }) => heldOut).length, 6);
  const pair = PAIRS.find(({ colour, shape }) => colour === "orange" && shape === "ball");
  assert.ok(pair);
  const first = await steeringCase(pair, 0, SIDE);
  assert.equal(first.prompt, "an orange ball");
  assert.ok(holeShare(first.mask) >= 0.15 && holeShare(first.mask) <= 0.35);
  assert.deepEqual(await steeringCase(pair, 0, SIDE), first);
  const second = await steeringCase(pair, 1, SIDE);
  assert.ok(second.seed - first.seed === PAIRS.length && first.seed >= FIRST_SEED);
});

test("textures: the prompt names the background, and windows fit into the hole", async () => {
  const cases = await Promise.all([0, 1, 2].map((index) => textureCase(index, SIDE)));
  for (const { mask, prompt } of cases) {
    assert.ok(windowsOf(mask, "hole").length >= 8);
    assert.notEqual(prompt, "");
  }
});
