/** @file How near to what was there the holes of held-out scenes are filled, by several ways of filling them. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { meanColour } from "../baselines/mean-colour.js";
import { loadOpenCv } from "../baselines/opencv.js";
import { type SceneCase, sceneCase } from "../cases/scene-case.js";
import type { InpaintingServer } from "../inpainting-server.js";
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
      const reference = new HoleReference(scene.original, scene.mask);
      const row: Nearness[] = [];
      for (const [, fill] of named) {
        const result = await fill(scene);
        const psnr = holePsnr(scene.original, result, scene.mask);
        row.push({ distance: reference.distanceTo(result), psnr });
      }
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
