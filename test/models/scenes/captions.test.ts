/** @file What scenes are called: enough sentences, the right words, and none of the pairs that are held out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BACKGROUNDS } from "../../../models/scenes/backgrounds/backgrounds.js";
import { grass } from "../../../models/scenes/backgrounds/surfaces.js";
import { captionOf } from "../../../models/scenes/captions/caption.js";
import { fillBare, withArticles } from "../../../models/scenes/captions/phrases.js";
import { HELD_OUT_PAIRS, isHeldOut } from "../../../models/scenes/objects/held-out.js";
import { drawThing } from "../../../models/scenes/objects/thing.js";
import { Random } from "../../../models/scenes/random.js";
import { heldOutPairsSaidBy, skeletonOf } from "./caption-words.js";

const DRAWS = 30_000;

/** None to three objects on any background, and what a prompt says of them, seed by seed. No picture is drawn. */
function* drawnCaptions(seeds: number, heldOut: boolean) {
  const names = new Random(0);
  const backgrounds = Object.values(BACKGROUNDS).flatMap((paint) =>
    Array.from({ length: 12 }, () => paint(names, 8, 8, 1)),
  );
  for (let seed = 0; seed < seeds; seed++) {
    const random = new Random(seed);
    const background = random.pick(backgrounds);
    const things = Array.from({ length: random.integer(4) }, () => drawThing(random, heldOut));
    const told = things.map((thing) => ({ thing, size: random.pick(["", "", "small", "large"]) }));
    yield { seed, background, things, caption: captionOf(random, told, background) };
  }
}

test("captions are of 200 kinds of sentences at least", () => {
  const skeletons = new Set<string>();
  for (const { things, background, caption } of drawnCaptions(4000, false)) {
    // benches are things and places by the same name
    if (things.some(({ kind }) => kind === "bench")) continue;
    const skeleton = skeletonOf(caption, background);
    assert.match(skeleton, /<object>|<place>/, caption);
    skeletons.add(skeleton);
  }
  assert.ok(skeletons.size >= 200, `${skeletons.size}`);
});

test("what is told apart are sentences, not words", () => {
  const wall = { ...grass(new Random(1), 8, 8, 1), matter: "a plain wall", place: "a wall" };
  const alike = [
    "an orange cup on a wall, 4k",
    "a cute small green and red sitting cat on a plain wall, 4k",
    "a vase with blue-grey flowers on a wall, 4k",
  ];
  for (const caption of alike) assert.equal(skeletonOf(caption, wall), "a <object> on <place>, 4k");
  assert.equal(skeletonOf("an image of an empty plain wall", wall), "an image of empty <place>");
});

test("training never draws a pair that is held out, and draws every other", () => {
  const random = new Random(1);
  const seen = new Set<string>();
  for (let i = 0; i < DRAWS; i++) {
    const { kind, colours } = drawThing(random, false);
    for (const colour of colours) {
      assert.ok(!isHeldOut(colour, kind), `${colour} ${kind}`);
      seen.add(`${colour} ${kind}`);
    }
  }
  // 11 kinds with a colour, 12 colours, less the 6 pairs and their 2 kin
  assert.equal(seen.size, 11 * 12 - HELD_OUT_PAIRS.length - 2);
});

test("of 5000 seeds none shows or says a pair that is held out, by any noun or blend", () => {
  for (const { seed, things, caption } of drawnCaptions(5000, false)) {
    for (const { kind, colours } of things)
      for (const colour of colours) assert.ok(!isHeldOut(colour, kind), `seed ${seed}: ${colour} ${kind}`);
    assert.deepEqual(heldOutPairsSaidBy(caption), [], `seed ${seed}: ${caption}`);
  }
});

test("where held-out pairs are wanted, each is drawn and said", () => {
  const shown = new Set<string>();
  const said = new Set<string>();
  for (const { things, caption } of drawnCaptions(5000, true)) {
    for (const { kind, colours } of things) for (const colour of colours) shown.add(`${colour} ${kind}`);
    for (const pair of heldOutPairsSaidBy(caption)) said.add(pair);
  }
  const pairs = HELD_OUT_PAIRS.map(([colour, kind]) => `${colour} ${kind}`);
  for (const pair of pairs) assert.ok(shown.has(pair), pair);
  assert.deepEqual([...said].sort(), pairs.sort());
});

test("a held-out pair is recognised under its other names", () => {
  assert.deepEqual(heldOutPairsSaidBy("the big purple sphere on a rock"), ["purple ball"]);
  assert.deepEqual(heldOutPairsSaidBy("face of a white and blue cat"), ["blue cat"]);
  assert.deepEqual(heldOutPairsSaidBy("face of an orange-blue cat"), ["blue cat"]);
  assert.deepEqual(heldOutPairsSaidBy("a vase with green-pink flowers and a red mug"), [
    "green flower",
    "red cup",
  ]);
  assert.deepEqual(heldOutPairsSaidBy("a flower vase featuring a blend of red and green"), ["green flower"]);
  assert.deepEqual(heldOutPairsSaidBy("a vase featuring a blend of green and blue with a flower"), []);
});

test("a caption names the object and its colour, or the background alone", () => {
  const random = new Random(3);
  const background = grass(random, 8, 8, 1);
  for (let i = 0; i < 500; i++) {
    const told = { thing: { kind: "star", colours: ["red"] }, size: "small" } as const;
    const caption = captionOf(random, [told], background);
    assert.match(caption, /small red star/);
    assert.doesNotMatch(caption, /\{|\s\s/);
    const bare = captionOf(random, [], background);
    assert.match(bare, /grass|lawn|meadow|field|straw/);
    assert.doesNotMatch(bare, /star|\{/);
  }
});

test("an empty place is empty after its article", () => {
  assert.equal(withArticles(fillBare("empty {}", "a stone wall")), "an empty stone wall");
  assert.equal(withArticles(fillBare("empty {}", "the sky")), "the empty sky");
  assert.equal(fillBare("empty {}", "grass"), "empty grass");
  assert.equal(fillBare("only {}", "a beach"), "only a beach");
  let empty = 0;
  for (const { caption } of drawnCaptions(3000, false)) {
    assert.doesNotMatch(caption, /empty (?:an?|the) /);
    if (caption.includes("empty")) empty++;
  }
  assert.ok(empty > 10, `${empty} say it`);
});

test("a vowel takes an", () => {
  assert.equal(
    withArticles("a orange cup on a old table, one apple"),
    "an orange cup on an old table, one apple",
  );
});
