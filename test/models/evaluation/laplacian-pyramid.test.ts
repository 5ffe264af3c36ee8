import assert from "node:assert/strict";
import { test } from "node:test";
import { type Level, laplacianPyramid } from "../../../models/evaluation/measures/laplacian-pyramid.js";
import { picture } from "./made-pictures.js";

const energy = ({ values }: Level) => values.reduce((sum, value) => sum + value * value, 0) / values.length;

test("levels halve down to 32 pixels, and one colour is in the last alone", () => {
  const levels = laplacianPyramid(picture((_x, _y, channel) => 40 + 50 * channel));
  assert.deepEqual(
    levels.map(({ width, height }) => [width, height]),
    [
      [128, 128],
      [64, 64],
      [32, 32],
    ],
  );
  for (const level of levels.slice(0, -1)) assert.ok(energy(level) < 1e-6);
  const last = levels.at(-1)?.values ?? [];
  for (const [i, value] of last.entries()) assert.ok(Math.abs(value - (40 + 50 * (i % 3))) < 1e-3);
});

test("waves are in the level of their length", () => {
  const wave = (length: number) =>
    laplacianPyramid(picture((x) => 128 + 60 * Math.cos((2 * Math.PI * x) / length))).map(energy);
  const [finest = 0, middle = 0, coarsest = 0] = wave(2.5);
  assert.ok(finest > 1000 && middle < 0.05 * finest, `${finest}, ${middle}, ${coarsest}`);
  const [fine = 0, medium = 0] = wave(8);
  assert.ok(medium > 1.5 * fine, `${fine}, ${medium}`);
});

test("a side that is not even is left as it is", () => {
  assert.equal(laplacianPyramid(picture(() => 7, 99)).length, 1);
});
