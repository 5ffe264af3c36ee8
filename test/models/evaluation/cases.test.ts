/** @file Cases are the same every time, with holes of the size they promise. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sceneCase } from "../../../models/evaluation/cases/scene-case.js";
import { PAIRS, steeringCase } from "../../../models/evaluation/cases/steering-case.js";
import { textureCase } from "../../../models/evaluation/cases/texture-case.js";
import { untilFair } from "../../../models/evaluation/cases/until-fair.js";
import { beyondFeather } from "../../../models/evaluation/measures/beyond-feather.js";
import { windowsOf } from "../../../models/evaluation/measures/texture-windows.js";
import { holeShare } from "../../../models/scenes/masks/mask.js";
import { drawScene } from "../../../models/scenes/scene.js";
import { SIDE } from "./made-pictures.js";

test("scenes: holes of 3 to 50 %, the same twice", async () => {
  const scenes = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => sceneCase(index, SIDE)));
  assert.deepEqual(await sceneCase(3, SIDE), scenes[3]);
  for (const { mask } of scenes) {
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
  assert.equal(second.seed - first.seed, PAIRS.length);
  const { left, top, width } = first.region;
  assert.ok(width >= 0.3 * SIDE && left >= 0 && top >= 0 && left + width <= SIDE && top + width <= SIDE);
  const [x, y, radius] = [left + width / 2, top + width / 2, width / 2];
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++)
    if (Math.hypot((pixel % SIDE) - x, Math.floor(pixel / SIDE) - y) < radius)
      assert.notEqual(first.mask.bytes[pixel], 0, "the disc lies in the hole");
});

test("textures: the prompt names the background, and windows fit into the hole", async () => {
  const cases = await Promise.all([0, 1, 2].map((index) => textureCase(index, SIDE)));
  for (const { mask, prompt } of cases) {
    assert.ok(windowsOf(beyondFeather(mask), "hole").length >= 8);
    assert.notEqual(prompt, "");
  }
});

test("a hole is drawn anew until it is fair, but not for ever", async () => {
  const one = (share: number) => ({
    mask: { width: 10, height: 10, bytes: new Uint8Array(100).fill(255, 0, 100 * share) },
  });
  const shares = [0.9, 0.05, undefined, 0.3, 0.4];
  const fair = { smallest: 0.1, largest: 0.5 };
  const drawn = await untilFair(fair, async (attempt) => {
    const share = shares[attempt];
    return share === undefined ? undefined : one(share);
  });
  assert.equal(holeShare(drawn.mask), 0.3);
  await assert.rejects(
    untilFair(fair, async () => one(0.6)),
    /none of 200 holes/,
  );
});

test("scenes hide what strokes and boxes happen to hide, not what stands there", async () => {
  const options = { width: 64, height: 64, heldOut: true };
  let others = 0;
  for (let seed = 0; seed < 8; seed++) {
    const [one, other] = [
      await drawScene({ ...options, seed }),
      await drawScene({ ...options, seed, aimed: false }),
    ];
    assert.deepEqual(one.things, other.things);
    if (Buffer.compare(one.mask.bytes, other.mask.bytes) !== 0) others++;
  }
  assert.ok(others > 3, `${others} of 8 holes are others when they are not made for an object`);
  const { mask, seed } = await sceneCase(0, 64);
  assert.deepEqual(mask, (await drawScene({ ...options, seed, aimed: false })).mask);
});
