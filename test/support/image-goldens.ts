/**
 * @file The whole images of test/scripts/goldens/images.py and architectures.py: what was asked for, of which
 * checkpoint, and the reference's picture. Knows no limit: who compares says how close is close.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type InpaintJob, SCHEDULER_NAMES } from "../../src/diffusion/inpaint-job.js";
import { resizeLanczos } from "../../src/tensor/resize-lanczos.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { readGoldenJson } from "./golden.js";
import { fixturePath, randomCheckpointPath } from "./paths.js";
import { codec, sampleImage, sampleJob, sampleMask } from "./sample.js";

export interface ImageGolden {
  readonly name: string;
  /** The checkpoint's folder. */
  readonly modelDir: string;
  /** The reference's picture holds every so manyth pixel of every so manyth row: see `thinned`. */
  readonly stride: number;
  job(): InpaintJob;
  expected(): Promise<RgbImage>;
}

const pixels = z.tuple([z.int(), z.int()]);

const whole = readGoldenJson(
  "images/cases.json",
  z.strictObject({
    stride: z.int().positive(),
    cases: z.array(
      z.strictObject({
        name: z.string(),
        prompt: z.string(),
        negativePrompt: z.string().default(""),
        seed: z.int(),
        guidanceScale: z.number(),
        steps: z.int(),
        scheduler: z.enum(SCHEDULER_NAMES).default("PNDM"),
        size: pixels.default([512, 512]),
      }),
    ),
  }),
);

/** What was asked for with each of `ARCHITECTURE_GOLDENS`. */
export const ARCHITECTURE_CASES = readGoldenJson(
  "architectures/cases.json",
  z.array(
    z.strictObject({
      checkpoint: z.string(),
      scheduler: z.enum(SCHEDULER_NAMES),
      /** Width and height of the input, and of what is asked for. */
      image: pixels,
      size: pixels,
      prompt: z.string(),
      negativePrompt: z.string(),
      seed: z.int(),
      steps: z.int(),
      strength: z.number(),
      guidanceScale: z.number(),
      paddingMaskCrop: z.int().nullable(),
      clipSkip: z.int(),
      eta: z.number(),
      maskBlur: z.number(),
      stride: z.int(),
    }),
  ),
);

/** At 512×512, of the random checkpoint. */
export const WHOLE_IMAGE_GOLDENS: readonly ImageGolden[] = whole.cases.map(
  ({ name, size, steps, ...asked }) => ({
    name,
    modelDir: randomCheckpointPath,
    stride: whole.stride,
    job: () =>
      sampleJob({ ...asked, numInferenceSteps: steps, preserveUnmasked: false, ...sampleAtSize(size) }),
    expected: () => decoded(`golden/images/${name}.png`),
  }),
);

/** Small ones, of a miniature of each architecture. */
export const ARCHITECTURE_GOLDENS: readonly ImageGolden[] = ARCHITECTURE_CASES.map((golden, index) => {
  const { checkpoint, image, size, steps, paddingMaskCrop, stride, ...asked } = golden;
  const { prompt, negativePrompt, seed, ...shown } = asked;
  const [width, height] = size;
  return {
    name: `${checkpoint} at ${width}x${height}, ${steps} steps, crop ${paddingMaskCrop}, ${words(shown)}`,
    modelDir: fixturePath(`golden/architectures/${checkpoint}`),
    stride,
    job: () =>
      sampleJob({
        ...asked,
        numInferenceSteps: steps,
        width,
        height,
        ...(paddingMaskCrop !== null && { paddingMaskCrop }),
        preserveUnmasked: false,
        ...sampleAtSize(image),
      }),
    expected: () => decoded(`golden/architectures/${String(index).padStart(2, "0")}.png`),
  };
});

function sampleAtSize([width, height]: readonly [width: number, height: number]) {
  return {
    image: resizeLanczos(sampleImage, width, height),
    maskImage: resizeLanczos(sampleMask, width, height),
  };
}

async function decoded(name: string): Promise<RgbImage> {
  return codec.decode(await readFile(fixturePath(name)));
}

function words(asked: object): string {
  return Object.entries(asked)
    .map((entry) => entry.join(" "))
    .join(", ");
}
