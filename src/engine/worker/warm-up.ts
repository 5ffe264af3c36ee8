/**
 * @file One small pass through all four networks, so that the first job does not pay for what a runtime does once.
 * Knows shapes only; looks at no value.
 */
import { tensor } from "../../tensor/tensor.js";
import type { LoadedModel } from "./loaded-model.js";

/** Latents of 8×8 survive the three halvings of a UNet of four levels. */
const LATENT_SIZE = 8;

export async function warmUp({ networks, tokenizer, geometry }: LoadedModel): Promise<void> {
  const size = LATENT_SIZE;
  const pixels = size * geometry.vaeScaleFactor;
  const promptEmbeds = await networks.encodePrompt(tokenizer.encode("").ids);
  await networks.encodeImage(tensor([1, 3, pixels, pixels], new Float32Array(3 * pixels * pixels)));
  const input = new Float32Array(9 * size * size);
  const noisePred = await networks.predictNoise(
    tensor([1, 9, size, size], input),
    Float32Array.of(1),
    promptEmbeds,
  );
  await networks.decodeLatents(noisePred);
}
