import assert from "node:assert/strict";
import { test } from "node:test";
import { beyondFeather } from "../../../models/evaluation/measures/beyond-feather.js";
import { pasteKept } from "../../../src/diffusion/kept-pixels.js";
import { picture, SIDE, squareHole } from "./made-pictures.js";

test("the pixels left are those of which the server's default feather leaves nothing of what was sent", () => {
  const hole = squareHole();
  const painted = picture(() => 200);
  const mask = { width: SIDE, height: SIDE, data: hole.bytes.map((value) => value / 255) };
  pasteKept(painted, { image: picture(() => 0), mask, feather: 4 });
  assert.deepEqual(
    [...beyondFeather(hole).bytes],
    Array.from({ length: SIDE * SIDE }, (_, i) => (painted.data[i * 3] === 200 ? 255 : 0)),
  );
});
