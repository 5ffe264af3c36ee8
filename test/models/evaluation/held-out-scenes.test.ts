import assert from "node:assert/strict";
import { test } from "node:test";
import { measureScenes, scoreOf } from "../../../models/evaluation/parts/held-out-scenes.js";
import { filled, picture, SIDE, squareHole, texture } from "./made-pictures.js";

const [mask, original] = [squareHole(), texture(1)];

test("what was sent counts for nobody: neither in the hole's rim nor outside", () => {
  const score = scoreOf({ original, mask });
  const painted = texture(2);
  // the hole's middle without the five pixels next to its edge, which are less than the feather and one away
  const middle = {
    ...mask,
    bytes: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
      const within = (at: number) => at >= 36 && at < 92;
      return within(i % SIDE) && within(Math.floor(i / SIDE)) ? 255 : 0;
    }),
  };
  const leaked = filled(original, painted, middle);
  const clean = filled(
    picture(() => 255),
    painted,
    middle,
  );
  assert.deepEqual(score(leaked), score(clean));
  assert.ok(score(leaked).distance > 0.1);
  assert.equal(score(original).distance, 0);
});

test("each filler has its mean and its scenes", async () => {
  const options = { count: 2, side: 64, progress: () => {} };
  const fillers = { nature: (scene: { original: ReturnType<typeof texture> }) => scene.original };
  const nature = (await measureScenes(fillers, options)).get("nature");
  assert.deepEqual(nature?.mean, { distance: 0, psnr: Number.POSITIVE_INFINITY });
  assert.equal(nature?.scenes.length, 2);
});
