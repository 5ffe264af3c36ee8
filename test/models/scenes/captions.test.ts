/** @file What scenes are called: enough sentences, the right words, and none of the pairs that are held out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { grass } from "../../../models/scenes/backgrounds/surfaces.js";
import { captionOf } from "../../../models/scenes/captions/caption.js";
import { withArticles } from "../../../models/scenes/captions/phrases.js";
import { SKELETONS } from "../../../models/scenes/captions/skeletons.js";
import { HELD_OUT_PAIRS, isHeldOut } from "../../../models/scenes/objects/held-out.js";
import { drawThing } from "../../../models/scenes/objects/thing.js";
import { Random } from "../../../models/scenes/random.js";

const DRAWS = 30_000;

test("the grammar has at least 200 sentences", () => {
  assert.ok(SKELETONS.size >= 200, `${SKELETONS.size}`);
  for (const skeleton of SKELETONS) assert.ok(skeleton.includes("{}"), skeleton);
});

test("training never shows a pair that is held out, and shows every other", () => {
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

test("where held-out pairs are wanted, each comes up", () => {
  const random = new Random(2);
  const seen = new Set<string>();
  for (let i = 0; i < DRAWS; i++) {
    const { kind, colours } = drawThing(random, true);
    for (const colour of colours) seen.add(`${colour} ${kind}`);
  }
  for (const [colour, kind] of HELD_OUT_PAIRS) assert.ok(seen.has(`${colour} ${kind}`), `${colour} ${kind}`);
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

test("a vowel takes an", () => {
  assert.equal(
    withArticles("a orange cup on a old table, one apple"),
    "an orange cup on an old table, one apple",
  );
});
