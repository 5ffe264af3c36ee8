/** @file The distance is one of textures: blur and mean colour, nearest by PSNR, must not win. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { meanColour } from "../../../models/evaluation/baselines/mean-colour.js";
import { holePsnr } from "../../../models/evaluation/measures/psnr.js";
import { HoleReference } from "../../../models/evaluation/measures/sliced-wasserstein.js";
import { filled, picture, SIDE, squareHole, texture } from "./made-pictures.js";

const mask = squareHole();
const original = texture(1);
const reference = new HoleReference(original, mask);
const distanceOf = (inner: ReturnType<typeof texture>) => reference.distanceTo(filled(original, inner, mask));
const sample = distanceOf(texture(2));

test("a picture is at distance 0 from itself", () => {
  assert.equal(reference.distanceTo(original), 0);
});

test("another sample of the texture is nearer than the original's own blur and than its mean colour", async () => {
  const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
  const data = await sharp(original.data, { raw }).blur(3).raw().toBuffer();
  const blurred = filled(original, { ...original, data }, mask);
  const flat = await meanColour(original, mask);
  const [blur, mean] = [reference.distanceTo(blurred), reference.distanceTo(flat)];
  assert.ok(sample < 0.75 * blur, `sample ${sample}, blur ${blur}`);
  assert.ok(blur < mean, `blur ${blur}, mean ${mean}`);
  // what a difference pixel by pixel says of them
  const other = filled(original, texture(2), mask);
  assert.ok(holePsnr(original, blurred, mask) > holePsnr(original, flat, mask));
  assert.ok(holePsnr(original, flat, mask) > holePsnr(original, other, mask));
});

test("the wrong colour, too much contrast, noise and another structure are farther than another sample", () => {
  const { data } = texture(2);
  const red = {
    ...original,
    data: data.map((value, i) => (i % 3 === 0 ? Math.min(255, value + 60) : value)),
  };
  const noise = picture((x, y, channel) => 120 + 100 * Math.sin(x * 12.9 + y * 78.2 + channel * 3.7));
  const stripes = picture((x) => (x % 16 < 8 ? 95 : 145));
  for (const [name, inner] of Object.entries({ red, harsh: texture(2, 60), noise, stripes })) {
    const distance = distanceOf(inner);
    assert.ok(distance > 1.5 * sample, `${name} ${distance}, sample ${sample}`);
  }
});

test("a mask without a hole and a result of another size are refused", () => {
  const noHole = { ...mask, bytes: new Uint8Array(mask.bytes.length) };
  assert.throws(() => new HoleReference(original, noHole), /no hole/);
  assert.throws(() => reference.distanceTo(picture(() => 0, 64)), /64×64, the original 128×128/);
});
