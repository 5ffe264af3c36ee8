import assert from "node:assert/strict";
import { test } from "node:test";
import { holePsnr } from "../../../models/evaluation/measures/psnr.js";
import { filled, picture, squareHole } from "./made-pictures.js";

const grey = picture(() => 100);

test("a difference of 10 levels is 28.13 dB, wherever the hole is and whatever lies outside", () => {
  const result = filled(
    picture(() => 0),
    picture(() => 110),
    squareHole(),
  );
  assert.ok(Math.abs(holePsnr(grey, result, squareHole()) - 20 * Math.log10(25.5)) < 1e-9);
});

test("no difference has no noise", () => {
  assert.equal(
    holePsnr(
      grey,
      filled(
        picture(() => 0),
        grey,
        squareHole(),
      ),
      squareHole(),
    ),
    Infinity,
  );
});

test("a mask without a hole and pictures of different sizes are refused", () => {
  const noHole = { width: 128, height: 128, bytes: new Uint8Array(128 * 128) };
  assert.throws(() => holePsnr(grey, grey, noHole), /no hole/);
  assert.throws(
    () =>
      holePsnr(
        grey,
        picture(() => 1, 64),
        squareHole(),
      ),
    /one size/,
  );
});
