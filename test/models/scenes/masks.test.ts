/** @file Each kind of hole: its place, its shape, and that it fits pictures that are not square. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawMask } from "../../../models/scenes/masks/draw-mask.js";
import {
  boxAround,
  boxMask,
  brushedMask,
  irregularMask,
  wholeMask,
} from "../../../models/scenes/masks/irregular.js";
import { holeShare, type Mask, maskOf, widened } from "../../../models/scenes/masks/mask.js";
import { Placed } from "../../../models/scenes/placing.js";
import { Random } from "../../../models/scenes/random.js";

const WIDTH = 160;
const HEIGHT = 64;
const REGION = { left: 90, top: 12, width: 40, height: 40 };
const SEEDS = 12;

/** How many of the picture's pixels in x from … to − 1, y from … to − 1 are hole. */
function holeIn(
  { width, bytes }: Mask,
  [x0, x1]: readonly [number, number],
  [y0, y1]: readonly [number, number],
) {
  let count = 0;
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (bytes[y * width + x] !== 0) count++;
  return count;
}

async function drawn(kind: (random: Random) => Mask | Promise<Mask>): Promise<readonly Mask[]> {
  const masks: Mask[] = [];
  for (let seed = 0; seed < SEEDS; seed++) masks.push(await kind(new Random(seed)));
  for (const { width, height, bytes } of masks) {
    assert.deepEqual([width, height, bytes.length], [WIDTH, HEIGHT, WIDTH * HEIGHT]);
    assert.ok(bytes.every((value) => value === 0 || value === 255));
  }
  return masks;
}

test("strokes and boxes come anywhere in a wide picture, and leave some of it", async () => {
  for (const kind of [irregularMask, boxMask]) {
    const masks = await drawn((random) => kind(random, WIDTH, HEIGHT));
    for (const mask of masks) assert.ok(holeShare(mask) > 0 && holeShare(mask) < 1, kind.name);
    for (const side of [
      [0, 20],
      [WIDTH - 20, WIDTH],
    ] as const)
      assert.ok(
        masks.some((mask) => holeIn(mask, side, [0, HEIGHT]) > 0),
        `${kind.name}: none between columns ${side.join(" and ")}`,
      );
  }
});

test("boxes fill the rectangle they span, strokes do not", async () => {
  const isOneBox = (mask: Mask) => {
    const hole = Array.from(mask.bytes.keys()).filter((pixel) => mask.bytes[pixel] !== 0);
    const columns = hole.map((pixel) => pixel % WIDTH);
    const rows = hole.map((pixel) => Math.floor(pixel / WIDTH));
    const span = (at: readonly number[]) => Math.max(...at) - Math.min(...at) + 1;
    // all but the corners, which may fall between two pixels
    return hole.length >= span(columns) * span(rows) - 4;
  };
  assert.ok((await drawn((random) => boxMask(random, WIDTH, HEIGHT))).some(isOneBox));
  assert.ok(!(await drawn((random) => irregularMask(random, WIDTH, HEIGHT))).some(isOneBox));
  assert.ok((await drawn((random) => boxAround(random, WIDTH, HEIGHT, REGION))).every(isOneBox));
});

test("what is made around a region covers it, and not what is far from it", async () => {
  const inside: Parameters<typeof holeIn>[1] = [REGION.left, REGION.left + REGION.width];
  const rows: Parameters<typeof holeIn>[2] = [REGION.top, REGION.top + REGION.height];
  for (const [kind, least] of [
    [boxAround, 1],
    [brushedMask, 0.8],
  ] as const)
    for (const mask of await drawn((random) => kind(random, WIDTH, HEIGHT, REGION))) {
      const share = holeIn(mask, inside, rows) / REGION.width ** 2;
      assert.ok(share >= least, `${kind.name}: ${share}`);
      assert.equal(holeIn(mask, [0, 50], [0, HEIGHT]), 0, kind.name);
    }
});

test("the whole picture is everything", async () => {
  for (const mask of await drawn(() => wholeMask(WIDTH, HEIGHT))) assert.equal(holeShare(mask), 1);
});

test("a hole widens by about as many pixels as it is told", async () => {
  const box = await maskOf(WIDTH, HEIGHT, `<rect x="60" y="20" width="30" height="20" fill="white"/>`);
  assert.equal(holeIn(box, [60, 90], [20, 40]), 600);
  assert.equal(holeShare(box) * WIDTH * HEIGHT, 600);
  const wider = await widened(box, 6);
  assert.equal(holeIn(wider, [60, 90], [20, 40]), 600);
  const columns = holeIn(wider, [0, WIDTH], [30, 31]);
  assert.ok(columns >= 30 + 6 && columns <= 30 + 22, `${columns} columns for 30`);
});

test("of all holes some are outlines of an object, some strokes, some boxes, some everything", async () => {
  const size = 30;
  const disc = Uint8Array.from({ length: size * size * 4 }, (_, i) => {
    const pixel = Math.floor(i / 4);
    return ((pixel % size) - 14.5) ** 2 + (Math.floor(pixel / size) - 14.5) ** 2 < 196 ? 255 : 0;
  });
  const object = new Placed({ kind: "ball", colours: ["red"] }, { size, rgba: disc }, 100, 20);
  let [outlines, whole, elsewhere] = [0, 0, 0];
  for (let seed = 0; seed < 40; seed++) {
    const { mask, focus } = await drawMask(new Random(seed), WIDTH, HEIGHT, [object]);
    assert.ok(holeShare(mask) >= 0.02, `seed ${seed}`);
    if (holeShare(mask) === 1) whole++;
    else if (focus === undefined) elsewhere++;
    else {
      assert.ok(object.shareIn(mask) > 0.6, `seed ${seed}: ${object.shareIn(mask)} of the object is hidden`);
      // an outline hides all of the disc and keeps off the corners of its square
      const corner = holeIn(mask, [100, 101], [20, 21]) + holeIn(mask, [129, 130], [49, 50]);
      if (corner === 0 && object.shareIn(mask) === 1) outlines++;
    }
  }
  assert.ok(outlines >= 3 && whole >= 1 && elsewhere >= 4, `${outlines}, ${whole}, ${elsewhere} of 40`);
});
