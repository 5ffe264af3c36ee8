/** @file One object as a scene holds it: what it is, its colours, and its pixels. Knows no place. */
import sharp from "sharp";
import { type ColourName, GREY_NAMES, HUE_NAMES, hsl, type Rgb, shadeOf } from "../colour.js";
import type { Random } from "../random.js";
import { bodyGradient } from "./drawing.js";
import { isHeldOut } from "./held-out.js";
import { KIND_NAMES, KINDS, type KindName } from "./kinds.js";

export interface Thing {
  readonly kind: KindName;
  /** One name, or two for an object that goes from one to the other. Benches have none: they are of wood. */
  readonly colours: readonly ColourName[];
}

/** Height × width × 4 bytes of red, green, blue, alpha; not premultiplied. */
export interface Tile {
  readonly size: number;
  readonly rgba: Uint8Array;
}

/** Any object; `heldOut` says whether pairs that training never shows may come up. */
export function drawThing(random: Random, heldOut: boolean): Thing {
  for (;;) {
    const kind = random.weighted(KIND_NAMES.map((name) => [name, KINDS[name].share] as const));
    if (kind === "bench") return { kind, colours: [] };
    const first = random.chance(0.86) ? random.pick(HUE_NAMES) : random.pick(GREY_NAMES);
    const second = random.pick(HUE_NAMES);
    const colours = random.chance(0.06) && second !== first ? [first, second] : [first];
    if (heldOut || !colours.some((colour) => isHeldOut(colour, kind))) return { kind, colours };
  }
}

/** The object in a square of `size` × `size` pixels. */
export async function renderThing(random: Random, thing: Thing, size: number): Promise<Tile> {
  const kind = KINDS[thing.kind];
  const [first, second] = shades(random, thing);
  const paints = { first, second };
  const turn = kind.turns ? random.uniform(-18, 18) : random.uniform(-3, 3);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="-4 -4 108 108">
${bodyGradient(paints)}<g transform="rotate(${turn.toFixed(1)} 50 50)">${kind.drawing(random, paints)}</g></svg>`;
  const rgba = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
  return { size, rgba };
}

function shades(random: Random, { colours }: Thing): readonly [Rgb, Rgb] {
  const [name, other] = colours;
  if (name === undefined) {
    const weathered = random.chance(0.4);
    const saturation = weathered ? random.uniform(0.02, 0.12) : random.uniform(0.25, 0.5);
    const wood = hsl(random.uniform(18, 34), saturation, random.uniform(0.25, 0.5));
    return [wood, wood];
  }
  const first = shadeOf(random, name);
  return [first, other === undefined ? first : shadeOf(random, other)];
}
