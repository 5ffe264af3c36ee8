import assert from "node:assert/strict";
import { test } from "node:test";
import { aspectWarning } from "../../src/diffusion/mask-image.js";
import { noiseImage } from "../support/pictures.js";

function warns(image: readonly [number, number], mask: readonly [number, number]): boolean {
  return aspectWarning({ image: noiseImage(...image), maskImage: noiseImage(...mask) }) !== undefined;
}

test("only another aspect is warned of, not another size", () => {
  assert.equal(warns([64, 48], [64, 48]), false);
  assert.equal(warns([64, 48], [128, 96]), false);
  // 640 x 427 halved: 213.5 rows
  assert.equal(warns([640, 427], [320, 214]), false);
  assert.equal(warns([640, 427], [320, 213]), false);
  assert.equal(warns([320, 214], [640, 427]), false);
  assert.equal(warns([64, 48], [48, 64]), true);
  assert.equal(warns([64, 48], [64, 46]), true);
});

test("the warning gives both sizes", () => {
  const warning = aspectWarning({ image: noiseImage(64, 48), maskImage: noiseImage(9, 9) });
  assert.match(warning ?? "", /mask of 9x9 pixels .* image of 64x48/);
});
