/** @file Objects in a picture: where they stand, what of them is seen, and which of them a prompt may name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawMask } from "../../../models/scenes/masks/draw-mask.js";
import { wholeMask } from "../../../models/scenes/masks/irregular.js";
import type { Mask } from "../../../models/scenes/masks/mask.js";
import { Placed, place } from "../../../models/scenes/placing.js";
import { Random } from "../../../models/scenes/random.js";
import { Raster } from "../../../models/scenes/raster.js";
import { toName } from "../../../models/scenes/to-name.js";

const RED = [255, 0, 0, 255] as const;
const redTile = (size: number) => ({
  size,
  rgba: Uint8Array.from({ length: size * size * 4 }, (_, i) => RED[i % 4] ?? 0),
});
const BOX = { kind: "box", colours: ["red"] } as const;
const square = (size: number, left: number, top: number) => new Placed(BOX, redTile(size), left, top);

function seenPixels(object: Placed, width: number, height: number): number {
  let count = 0;
  object.eachPixel(width, height, () => count++);
  return count;
}

test("three quarters of an object at least are inside a wide picture, a high one, and painted there", () => {
  for (const [width, height] of [
    [160, 64],
    [64, 160],
  ] as const) {
    const lefts: number[] = [];
    const tops: number[] = [];
    for (let seed = 0; seed < 30; seed++) {
      const raster = new Raster(width, height);
      const object = place(new Random(seed), raster, BOX, redTile(40), { below: [] });
      const inside = seenPixels(object, width, height);
      assert.ok(inside >= 0.75 * 40 * 40, `seed ${seed}: ${inside} of 1600 pixels`);
      let red = 0;
      for (let i = 0; i < raster.values.length; i += 3) if (raster.values[i] === 1) red++;
      assert.equal(red, inside, `seed ${seed}`);
      lefts.push(object.left);
      tops.push(object.top);
    }
    // anywhere: to within a tenth of both ends
    for (const [places, room] of [
      [lefts, width - 40],
      [tops, height - 40],
    ] as const) {
      assert.ok(Math.min(...places) < 0.1 * room, `${width} × ${height}: from ${Math.min(...places)}`);
      assert.ok(
        Math.max(...places) > 0.9 * room,
        `${width} × ${height}: to ${Math.max(...places)} of ${room}`,
      );
    }
  }
});

test("where there is a horizon, objects reach below it", () => {
  for (let seed = 0; seed < 60; seed++) {
    const { top } = place(new Random(seed), new Raster(96, 96), BOX, redTile(30), { horizon: 55, below: [] });
    assert.ok(top + 30 >= 55 + 0.3 * 30 - 1, `seed ${seed}: from row ${top} to ${top + 30}`);
  }
});

test("a shadow darkens what is under an object, and nothing far from it", () => {
  let shadows = 0;
  for (let seed = 0; seed < 40; seed++) {
    const raster = new Raster(100, 100);
    raster.values.fill(0.8);
    const { left, top } = place(new Random(seed), raster, BOX, redTile(30), { below: [] });
    let dark = 0;
    raster.values.forEach((value, i) => {
      if (i % 3 !== 1 || value >= 0.79 || value === 0) return;
      dark++;
      const [x, y] = [((i - 1) / 3) % 100, Math.floor(i / 300)];
      assert.ok(Math.abs(x - left - 15) < 30 && y > top + 15 && y < top + 45, `seed ${seed}: ${x}, ${y}`);
    });
    if (dark > 0) shadows++;
  }
  assert.ok(shadows > 20 && shadows < 40, `${shadows} of 40 have one`);
});

test("what a later object covers is no longer seen, and does not count as hidden by the hole", () => {
  const first = square(20, 10, 10);
  first.coverBy(square(20, 20, 10), 64, 48);
  assert.equal(seenPixels(first, 64, 48), 200);
  const holeOver = (from: number, to: number): Mask => {
    const bytes = new Uint8Array(64 * 48);
    for (let y = 0; y < 48; y++) bytes.fill(255, y * 64 + from, y * 64 + to);
    return { width: 64, height: 48, bytes };
  };
  assert.equal(first.shareIn(holeOver(20, 40)), 0);
  assert.equal(first.shareIn(holeOver(10, 20)), 1);
  assert.equal(first.shareIn(holeOver(10, 15)), 0.5);
});

test("placing an object covers those that are there", () => {
  const earlier = square(64, 0, 0);
  const later = place(new Random(1), new Raster(64, 64), BOX, redTile(40), { below: [earlier] });
  assert.equal(seenPixels(earlier, 64, 64), 64 * 64 - seenPixels(later, 64, 64));
});

test("a prompt does not name what is covered, and no hole is made for it", async () => {
  const covered = square(20, 10, 10);
  const mostlyFree = square(20, 40, 10);
  const free = square(20, 10, 34);
  const onTop = square(24, 8, 2); // leaves a fifth of `covered`
  covered.coverBy(onTop, 64, 64);
  mostlyFree.coverBy(square(10, 40, 10), 64, 64);
  const placed = [covered, mostlyFree, free, onTop];
  assert.deepEqual(toName(placed, wholeMask(64, 64), undefined), [mostlyFree, free, onTop]);
  assert.deepEqual(toName(placed, wholeMask(64, 64), free), [free, mostlyFree, onTop]);
  const foci = new Set<Placed | undefined>();
  for (let seed = 0; seed < 30; seed++) foci.add((await drawMask(new Random(seed), 64, 64, placed)).focus);
  assert.ok(!foci.has(covered));
  assert.ok(foci.has(mostlyFree) && foci.has(onTop), "the first that is seen and the last come up");
});
