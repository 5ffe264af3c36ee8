/** @file Chooses the hole of a scene: strokes, boxes, the shape of an object (our own), or everything. */
import type { Placed } from "../placing.js";
import type { Random } from "../random.js";
import { boxAround, boxMask, brushedMask, irregularMask, wholeMask } from "./irregular.js";
import { holeShare, type Mask, widened } from "./mask.js";

export interface Drawn {
  readonly mask: Mask;
  /** The object the hole was made for. */
  readonly focus?: Placed;
}

const SMALLEST_HOLE = 0.02;

export async function drawMask(
  random: Random,
  width: number,
  height: number,
  placed: readonly Placed[],
): Promise<Drawn> {
  const seen = placed.filter((object) => object.isSeen(width, height));
  // what lies on top is the one that can be hidden as a whole
  const focus = seen.at(-1) === undefined || random.chance(0.35) ? seen[0] : seen.at(-1);
  const kind = random.weighted([
    ["irregular", focus === undefined ? 70 : 20],
    ["boxes", focus === undefined ? 20 : 8],
    ["whole", 7],
    ["silhouette", focus === undefined ? 0 : 20],
    ["brushed", focus === undefined ? 0 : 30],
    ["boxed", focus === undefined ? 0 : 15],
  ] as const);
  if (kind === "whole") return { mask: wholeMask(width, height), ...(focus && { focus }) };
  if (focus !== undefined && (kind === "silhouette" || kind === "brushed" || kind === "boxed")) {
    const mask =
      kind === "silhouette"
        ? await silhouette(random, width, height, focus)
        : await (kind === "brushed" ? brushedMask : boxAround)(random, width, height, focus.region);
    if (holeShare(mask) >= SMALLEST_HOLE) return { mask, focus };
  }
  for (;;) {
    const mask = await (kind === "boxes" ? boxMask : irregularMask)(random, width, height);
    if (holeShare(mask) >= SMALLEST_HOLE) return { mask };
  }
}

/** The outline of what is seen of the object, wider by 2 to 12 % of its size. */
function silhouette(random: Random, width: number, height: number, focus: Placed): Promise<Mask> {
  const bytes = new Uint8Array(width * height);
  focus.eachPixel(width, height, (pixel, alpha) => {
    if (alpha > 0.2) bytes[pixel] = 255;
  });
  return widened({ width, height, bytes }, random.uniform(0.02, 0.12) * focus.tile.size);
}
