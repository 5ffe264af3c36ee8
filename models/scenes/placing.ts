/** @file Puts an object and its shadow into a picture. Knows no caption. */

import type { Region } from "./masks/irregular.js";
import type { Mask } from "./masks/mask.js";
import type { Thing, Tile } from "./objects/thing.js";
import type { Random } from "./random.js";
import type { Raster } from "./raster.js";

/** Of an object, the part that nothing may cover for it to be seen as what it is. */
const SEEN_ENOUGH = 0.4;

export class Placed {
  readonly thing: Thing;
  readonly tile: Tile;
  readonly left: number;
  readonly top: number;
  /** Size × size: the tile's alpha, less where something lies on top. */
  readonly #visible: Uint8Array;

  constructor(thing: Thing, tile: Tile, left: number, top: number) {
    this.thing = thing;
    this.tile = tile;
    this.left = left;
    this.top = top;
    this.#visible = Uint8Array.from({ length: tile.size ** 2 }, (_, i) => tile.rgba[i * 4 + 3] ?? 0);
  }

  /**
   * Calls `visit` for every pixel of the object that can be seen in a picture of `width` × `height`: its place in the
   * picture, its alpha in (0, 1], and where it starts in the tile.
   */
  eachPixel(width: number, height: number, visit: (pixel: number, alpha: number, at: number) => void): void {
    const { size } = this.tile;
    for (let y = Math.max(0, -this.top); y < Math.min(size, height - this.top); y++)
      for (let x = Math.max(0, -this.left); x < Math.min(size, width - this.left); x++) {
        const at = y * size + x;
        const alpha = this.#visible[at] ?? 0;
        if (alpha > 0) visit((y + this.top) * width + x + this.left, alpha / 255, at * 4);
      }
  }

  /** What `later` covers of this object is no longer seen. */
  coverBy(later: Placed, width: number, height: number): void {
    const { size } = this.tile;
    later.eachPixel(width, height, (pixel, alpha) => {
      const x = (pixel % width) - this.left;
      const y = Math.floor(pixel / width) - this.top;
      if (x < 0 || x >= size || y < 0 || y >= size) return;
      this.#visible[y * size + x] = (this.#visible[y * size + x] ?? 0) * (1 - alpha);
    });
  }

  /** Whether enough of it is uncovered for somebody to name it. */
  isSeen(width: number, height: number): boolean {
    const { size, rgba } = this.tile;
    let all = 0;
    let seen = 0;
    for (let y = Math.max(0, -this.top); y < Math.min(size, height - this.top); y++)
      for (let x = Math.max(0, -this.left); x < Math.min(size, width - this.left); x++) {
        all += rgba[(y * size + x) * 4 + 3] ?? 0;
        seen += this.#visible[y * size + x] ?? 0;
      }
    return all > 0 && seen / all >= SEEN_ENOUGH;
  }

  /** The part of the object's visible pixels that lies in the hole, 0 … 1. */
  shareIn(mask: Mask): number {
    let all = 0;
    let hidden = 0;
    this.eachPixel(mask.width, mask.height, (pixel, alpha) => {
      all += alpha;
      if ((mask.bytes[pixel] ?? 0) !== 0) hidden += alpha;
    });
    return all === 0 ? 0 : hidden / all;
  }

  /** The square it fills. */
  get region(): Region {
    return { left: this.left, top: this.top, width: this.tile.size, height: this.tile.size };
  }
}

export interface Surroundings {
  /** Row below which objects stand on the ground, if there is one. */
  readonly horizon?: number | undefined;
  /** The objects that are there already; the new one goes on top of them. */
  readonly below: readonly Placed[];
}

/** Paints the object, most often with its shadow, somewhere in the picture: a part of it may lie outside. */
export function place(
  random: Random,
  raster: Raster,
  thing: Thing,
  tile: Tile,
  { horizon, below }: Surroundings,
): Placed {
  const { width, height } = raster;
  const { size } = tile;
  const overlap = 0.12 * size;
  const left = Math.round(random.uniform(-overlap, width - size + overlap));
  const lowest = height - size + overlap;
  const highest = horizon === undefined ? -overlap : Math.min(lowest - 1, horizon - 0.7 * size);
  const top = Math.round(random.uniform(highest, lowest));
  const placed = new Placed(thing, tile, left, top);
  for (const earlier of below) earlier.coverBy(placed, width, height);
  if (random.chance(0.75)) castShadow(random, raster, placed);
  placed.eachPixel(width, height, (pixel, alpha, at) => {
    const { rgba } = tile;
    raster.blend(pixel, [(rgba[at] ?? 0) / 255, (rgba[at + 1] ?? 0) / 255, (rgba[at + 2] ?? 0) / 255], alpha);
  });
  return placed;
}

/** A soft ellipse under the object, a little to the lower right. */
function castShadow(random: Random, raster: Raster, { left, top, tile: { size } }: Placed): void {
  const { width, height } = raster;
  const centreX = left + size * 0.55;
  const centreY = top + size * 0.93;
  const radiusX = size * random.uniform(0.42, 0.58);
  const radiusY = size * random.uniform(0.07, 0.14);
  const depth = random.uniform(0.2, 0.5);
  for (let y = Math.max(0, Math.floor(centreY - radiusY)); y < Math.min(height, centreY + radiusY); y++)
    for (let x = Math.max(0, Math.floor(centreX - radiusX)); x < Math.min(width, centreX + radiusX); x++) {
      const distance = ((x - centreX) / radiusX) ** 2 + ((y - centreY) / radiusY) ** 2;
      if (distance < 1) raster.light(y * width + x, 1 - depth * (1 - distance));
    }
}
