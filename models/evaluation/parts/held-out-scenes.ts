/**
 * @file How near to what was there the holes of held-out scenes are filled, by several ways of filling them.
 *
 * Every way is scored on the hole without its rim, and the rim is the original's for all of them. A server with its
 * defaults mixes what was sent into the rim, which here is what the hole hides: a rim of its own would count for it.
 */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { meanColour } from "../baselines/mean-colour.js";
import { loadOpenCv } from "../baselines/opencv.js";
import { type SceneCase, sceneCase } from "../cases/scene-case.js";
import type { InpaintingServer } from "../inpainting-server.js";
import { beyondFeather } from "../measures/beyond-feather.js";
import { holePsnr } from "../measures/psnr.js";
import { HoleReference } from "../measures/sliced-wasserstein.js";
import { type Progress, severalAtOnce } from "../several-at-once.js";

export interface Nearness {
  /** Sliced Wasserstein distance: less is nearer. */
  readonly distance: number;
  /** Decibels: more is nearer, and a blur is nearest. */
  readonly psnr: number;
}

export interface FilledScenes {
  /** Means over all scenes. */
  readonly mean: Nearness;
  /** In the order of the scenes. */
  readonly scenes: readonly Nearness[];
}

export type Filler = (scene: SceneCase) => RgbImage | Promise<RgbImage>;

export interface SceneOptions {
  readonly count: number;
  /** Width and height in pixels. */
  readonly side: number;
  readonly progress: Progress;
}

/** What the server paints, with its defaults; the scene's seed is the picture's. */
export const servedBy =
  (server: InpaintingServer): Filler =>
  ({ original, mask, prompt, seed }) =>
    server.inpaint({ image: original, mask, prompt, seed });

/** The ways that take no model, by their names. */
export async function classicFillers(): Promise<Readonly<Record<string, Filler>>> {
  const { telea, navierStokes } = await loadOpenCv();
  return {
    "mean colour of the surround": ({ original, mask }) => meanColour(original, mask),
    "Telea (OpenCV)": ({ original, mask }) => telea(original, mask),
    "Navier–Stokes (OpenCV)": ({ original, mask }) => navierStokes(original, mask),
  };
}

/** Every filler on the same scenes. */
export async function measureScenes<Name extends string>(
  fillers: Readonly<Record<Name, Filler>>,
  { count, side, progress }: SceneOptions,
): Promise<ReadonlyMap<string, FilledScenes>> {
  const named = Object.entries<Filler>(fillers);
  const rows = await severalAtOnce(
    Array.from({ length: count }, (_, index) => index),
    async (index) => {
      const scene = await sceneCase(index, side);
      const score = scoreOf(scene);
      const row: Nearness[] = [];
      for (const [, fill] of named) row.push(score(await fill(scene)));
      return row;
    },
    (done) => progress(`scenes: ${named.map(([name]) => name).join(", ")}`, done, count),
  );
  return new Map(
    named.map(([name], column) => {
      const scenes = rows.flatMap((row) => row[column] ?? []);
      const mean = (value: (scene: Nearness) => number) =>
        scenes.reduce((sum, scene) => sum + value(scene), 0) / scenes.length;
      return [name, { mean: { distance: mean((s) => s.distance), psnr: mean((s) => s.psnr) }, scenes }];
    }),
  );
}

/** Scores a filled picture by what it has in the hole without its rim; nothing else counts. */
export function scoreOf({ original, mask }: Pick<SceneCase, "original" | "mask">) {
  const scored = beyondFeather(mask);
  const reference = new HoleReference(original, scored);
  return (result: RgbImage): Nearness => ({
    distance: reference.distanceTo(within(scored, result, original)),
    psnr: holePsnr(original, result, scored),
  });
}

/** `result` in the hole, `original` elsewhere. */
function within({ bytes }: Mask, result: RgbImage, original: RgbImage): RgbImage {
  const data = Uint8Array.from(original.data);
  for (let pixel = 0; pixel < bytes.length; pixel++)
    if (bytes[pixel] !== 0) data.set(result.data.subarray(pixel * 3, pixel * 3 + 3), pixel * 3);
  return { width: result.width, height: result.height, data };
}
