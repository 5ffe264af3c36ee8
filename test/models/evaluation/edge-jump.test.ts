import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeJump } from "../../../models/evaluation/measures/edge-jump.js";
import { filled, picture, squareHole } from "./made-pictures.js";

const ramp = picture((x) => x);

test("a ramp of one level a column jumps by half a level: upright edges by one, level edges by none", () => {
  assert.equal(edgeJump(ramp, squareHole()), 0.5);
});

test("a step at the hole's edge is the jump, whatever lies in the middle", () => {
  const grey = picture(() => 100);
  assert.equal(
    edgeJump(
      filled(
        grey,
        picture(() => 130),
        squareHole(),
      ),
      squareHole(),
    ),
    30,
  );
  const bowl = picture((x, y) => (x > 40 && x < 80 && y > 40 && y < 80 ? 0 : 130));
  assert.equal(edgeJump(filled(grey, bowl, squareHole()), squareHole()), 30);
});

test("a mask without an edge is refused", () => {
  assert.throws(() => edgeJump(ramp, { ...squareHole(), bytes: new Uint8Array(128 * 128) }), /no edge/);
});
