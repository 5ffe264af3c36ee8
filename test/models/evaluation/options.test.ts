import assert from "node:assert/strict";
import { test } from "node:test";
import { PARTS, parseArguments } from "../../../models/evaluation/options.js";

test("without arguments: everything, 200 scenes, the native size, the embedded model", () => {
  assert.deepEqual(parseArguments([]), {
    parts: PARTS,
    scenes: 200,
    casesPerPair: 2,
    casesPerHeldOutPair: 10,
    textures: 48,
    side: 512,
  });
});

test("what is wrong is named", () => {
  assert.throws(() => parseArguments(["--size", "300"]), /--size 300: 512 or 256/);
  assert.throws(() => parseArguments(["--scenes", "0"]), /--scenes 0/);
  assert.throws(() => parseArguments(["--held-out-cases", "x"]), /--held-out-cases x/);
  assert.throws(() => parseArguments(["--only", "scenes,speed"]), /--only speed/);
  assert.throws(() => parseArguments(["--scene", "3"]), /--scene/);
});
