/** @file A job that asks for nothing but its pictures: every other field is the one that changes least. */
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";

export function plainJob(
  pictures: Pick<InpaintJob, "image" | "maskImage">,
  changes: Partial<InpaintJob> = {},
): InpaintJob {
  return {
    ...pictures,
    prompt: "",
    negativePrompt: "",
    numInferenceSteps: 1,
    guidanceScale: 1,
    seed: 0,
    strength: 1,
    eta: 0,
    maskBlur: 0,
    invertMask: false,
    preserveUnmasked: false,
    maskFeather: 0,
    ...changes,
  };
}
