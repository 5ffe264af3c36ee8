/** @file One training example: a picture, the hole in it, and what the prompt says. All from one seed. */
import type { Background } from "./backgrounds/background.js";
import { BACKGROUND_SHARES } from "./backgrounds/backgrounds.js";
import { captionOf } from "./captions/caption.js";
import { finish } from "./finish.js";
import { drawMask } from "./masks/draw-mask.js";
import type { Mask } from "./masks/mask.js";
import { drawThing, renderThing, type Thing } from "./objects/thing.js";
import { type Placed, place } from "./placing.js";
import { Random } from "./random.js";
import { toName } from "./to-name.js";

export interface SceneOptions {
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  /** Whether colours and shapes that training never shows together may meet. */
  readonly heldOut: boolean;
  /** Whether the hole may be made for an object: its outline, strokes over it, a box around it. True where absent. */
  readonly aimed?: boolean;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** Height × width × 3 bytes. */
  readonly rgb: Uint8Array;
  readonly mask: Mask;
  readonly caption: string;
  readonly things: readonly Thing[];
}

/** How many objects, with how many shares of 100. */
const OBJECT_COUNTS: readonly (readonly [number, number])[] = [
  [0, 14],
  [1, 44],
  [2, 24],
  [3, 12],
  [4, 6],
];
const EMPTY_CAPTIONS = 0.06;

export async function drawScene(options: SceneOptions): Promise<Scene> {
  const { width, height, heldOut, aimed = true } = options;
  const random = new Random(options.seed);
  const side = Math.min(width, height);
  const scale = random.logUniform(0.7, 1.8) * Math.sqrt(side / 256);
  const background: Background = random.weighted(BACKGROUND_SHARES)(random, width, height, scale);
  const { raster } = background;

  const placed: Placed[] = [];
  const count = random.weighted(OBJECT_COUNTS);
  for (let i = 0; i < count; i++) {
    const thing = drawThing(random, heldOut);
    const largest = i === 0 ? 0.8 : 0.5;
    const size = Math.round(random.uniform(i === 0 ? 0.28 : 0.18, largest) * side * (side > 256 ? 0.85 : 1));
    const tile = await renderThing(random, thing, size);
    placed.push(place(random, raster, thing, tile, { horizon: background.horizon, below: placed }));
  }

  const { mask, focus } = await drawMask(random, width, height, aimed ? placed : []);
  const rgb = await finish(random, raster);
  const told = toName(placed, mask, focus).map(({ thing, tile }) => ({
    thing,
    size: sizeWord(random, tile.size / side),
  }));
  const caption = random.chance(EMPTY_CAPTIONS) ? "" : captionOf(random, told, background);
  return { width, height, rgb, mask, caption, things: placed.map(({ thing }) => thing) };
}

function sizeWord(random: Random, share: number): string {
  if (random.chance(0.7)) return "";
  if (share < 0.32) return random.pick(["small", "little", "tiny"]);
  if (share > 0.55) return random.pick(["big", "large"]);
  return "";
}
