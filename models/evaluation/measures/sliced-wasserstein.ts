/**
 * @file How unlike a filled hole is to what was there, as the eye compares textures: the sliced Wasserstein distance
 * between the patches of their Laplacian pyramids (Karras, Aila, Laine & Lehtinen 2018, "Progressive Growing of GANs",
 * section 5; the distance is that of Rabin et al. 2011). Knows nothing of how the hole was filled.
 *
 * Why this one: it compares which patches there are, not where. Another sample of the same texture is near, whereas a
 * blur or a mean colour lacks the patches of the finer levels altogether and is far, which a difference pixel by pixel
 * (PSNR, and in part SSIM) has the other way round. The coarsest level holds colours and the shapes of objects. It
 * needs no weights of a network.
 *
 * Differs from the paper, since one hole is compared and not two sets of pictures:
 * - patches have their centres in the hole, and result and original give theirs from the same places, so that a
 *   picture is at distance 0 from itself;
 * - both are divided by the original's standard deviation of the level and channel, not each by its own, which would
 *   forgive a lack of contrast; one below `INVISIBLE` counts as that;
 * - fewer directions and patches (the mean over many holes evens them out), and a coarsest level of 32 pixels.
 */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { Random } from "../../scenes/random.js";
import { type Level, laplacianPyramid } from "./laplacian-pyramid.js";

/** Width and height of a patch. */
const PATCH = 7;
const REACH = (PATCH - 1) / 2;
const PATCH_VALUES = PATCH * PATCH * 3;
const MOST_PATCHES = 512;
const DIRECTION_COUNT = 64;
/** Of 255: a difference in grain below it is not seen. */
const INVISIBLE = 2;
const SEED = 2018;

/** What one level of the original says: where it is looked at, in what unit, and its sorted projections. */
interface LevelReference {
  readonly centres: Int32Array;
  /** One for each channel. */
  readonly scales: readonly [number, number, number];
  readonly projections: readonly Float32Array[];
}

export class HoleReference {
  readonly #levels: readonly (LevelReference | undefined)[];
  readonly #width: number;
  readonly #height: number;

  /** Throws RangeError when the hole holds no patch at all. */
  constructor(original: RgbImage, mask: Mask) {
    this.#width = original.width;
    this.#height = original.height;
    const random = new Random(SEED);
    this.#levels = laplacianPyramid(original).map((level) => {
      const centres = centresIn(mask, level, random);
      if (centres.length === 0) return undefined;
      const scales = scalesOf(level);
      return { centres, scales, projections: projected(level, centres, scales) };
    });
    if (this.#levels.every((level) => level === undefined)) throw new RangeError("the mask has no hole");
  }

  /**
   * The mean over the levels, in standard deviations of the original: 0 for the original itself; a fill without any
   * texture has about 0.8 at each level of fine grain.
   */
  distanceTo(result: RgbImage): number {
    if (result.width !== this.#width || result.height !== this.#height)
      throw new RangeError(
        `the result is ${result.width}×${result.height}, the original ${this.#width}×${this.#height}`,
      );
    const distances = laplacianPyramid(result).flatMap((level, i) => {
      const reference = this.#levels[i];
      return reference === undefined ? [] : [levelDistance(reference, level)];
    });
    return mean(distances);
  }
}

function levelDistance({ centres, scales, projections }: LevelReference, level: Level): number {
  const others = projected(level, centres, scales);
  return mean(
    projections.map((own, i) => {
      const other = others[i];
      let sum = 0;
      for (let k = 0; k < own.length; k++) sum += Math.abs((own[k] ?? 0) - (other?.[k] ?? 0));
      return sum / own.length;
    }),
  );
}

/** Up to `MOST_PATCHES` pixels of the level that lie in the hole and far enough from the level's border. */
function centresIn(mask: Mask, { width, height }: Level, random: Random): Int32Array {
  const step = mask.width / width;
  const found: number[] = [];
  for (let y = REACH; y < height - REACH; y++)
    for (let x = REACH; x < width - REACH; x++) {
      // a pixel of this level stands over the pixel of the mask that it was made from
      if ((mask.bytes[y * step * mask.width + x * step] ?? 0) !== 0) found.push(y * width + x);
    }
  for (let i = 0; i < Math.min(MOST_PATCHES, found.length); i++) {
    const other = i + random.integer(found.length - i);
    [found[i], found[other]] = [found[other] ?? 0, found[i] ?? 0];
  }
  return Int32Array.from(found.slice(0, MOST_PATCHES));
}

function scalesOf({ values }: Level): readonly [number, number, number] {
  const deviation = (channel: number) => {
    let sum = 0;
    let squares = 0;
    for (let i = channel; i < values.length; i += 3) {
      const value = values[i] ?? 0;
      sum += value;
      squares += value * value;
    }
    const count = values.length / 3;
    return Math.max(INVISIBLE, Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)));
  };
  return [deviation(0), deviation(1), deviation(2)];
}

/** For every direction the patches' lengths along it, sorted. */
function projected(
  { width, values }: Level,
  centres: Int32Array,
  scales: readonly [number, number, number],
): readonly Float32Array[] {
  const patches = new Float32Array(centres.length * PATCH_VALUES);
  let at = 0;
  for (const centre of centres)
    for (let dy = -REACH; dy <= REACH; dy++)
      for (let dx = -REACH; dx <= REACH; dx++)
        for (let c = 0; c < 3; c++)
          patches[at++] = (values[(centre + dy * width + dx) * 3 + c] ?? 0) / (scales[c] ?? 1);
  return DIRECTIONS.map((direction) => {
    const lengths = new Float32Array(centres.length);
    for (let patch = 0; patch < lengths.length; patch++) {
      let sum = 0;
      const start = patch * PATCH_VALUES;
      for (let i = 0; i < PATCH_VALUES; i++) sum += (patches[start + i] ?? 0) * (direction[i] ?? 0);
      lengths[patch] = sum;
    }
    return lengths.sort();
  });
}

/** Unit vectors, uniform on the sphere: normal numbers by Box and Muller, divided by their length. */
const DIRECTIONS: readonly Float32Array[] = (() => {
  const random = new Random(SEED);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform(0, 1))) * Math.cos(random.uniform(0, 2 * Math.PI));
  return Array.from({ length: DIRECTION_COUNT }, () => {
    const vector = Float32Array.from({ length: PATCH_VALUES }, normal);
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  });
})();

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
