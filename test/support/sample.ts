/** @file The sample photograph and its mask as files, pixels and jobs. */
import { readFile } from "node:fs/promises";
import { SAMPLE_IMAGE, SAMPLE_MASK } from "../../src/bin/package-paths.js";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import { createSharpCodec } from "../../src/image/sharp-codec.js";
import { resizeLanczos } from "../../src/tensor/resize-lanczos.js";

export const codec = createSharpCodec({ maxPixels: 16_000_000 });
export const sampleImageFile = await readFile(SAMPLE_IMAGE);
export const sampleMaskFile = await readFile(SAMPLE_MASK);
export const sampleImage = await codec.decode(sampleImageFile);
export const sampleMask = await codec.decode(sampleMaskFile);

/** The sample in a square of `side` pixels: for small jobs that are to meet others, which a large message would delay. */
export const samplePictures = (side: number) => ({
  image: resizeLanczos(sampleImage, side, side),
  maskImage: resizeLanczos(sampleMask, side, side),
});

/** A job on the sample: one step, so one UNet call, unless `changes` say otherwise. */
export function sampleJob(changes: Partial<InpaintJob> = {}): InpaintJob {
  return {
    prompt: "Face of a yellow cat, high resolution, sitting on a park bench",
    negativePrompt: "",
    image: sampleImage,
    maskImage: sampleMask,
    numInferenceSteps: 1,
    guidanceScale: 7.5,
    seed: 7,
    strength: 1,
    eta: 0,
    maskBlur: 0,
    invertMask: false,
    preserveUnmasked: true,
    maskFeather: 0,
    ...changes,
  };
}
