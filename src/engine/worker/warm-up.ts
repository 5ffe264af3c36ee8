/**
 * @file One small pass through all four networks, so that the first job does not pay for what a runtime does once, and
 * so that a checkpoint whose weights hold NaN is refused at start. Knows shapes only.
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import { allFinite } from "../../tensor/finite.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import type { LoadedModel } from "./loaded-model.js";

/** Latents of 8×8 survive the three halvings of a UNet of four levels. */
const LATENT_SIZE = 8;

/** `onPassed` hears of each network that has answered with finite numbers, as "UNet". Throws INVALID_CHECKPOINT. */
export async function warmUp(
  { networks, tokenizer, geometry, unetChannels }: LoadedModel,
  onPassed: (network: string) => void = () => {},
): Promise<void> {
  const pass = <L extends string>(network: string, output: Tensor<L>): Tensor<L> => {
    expectFinite(network, output);
    onPassed(network);
    return output;
  };
  const size = LATENT_SIZE;
  const pixels = size * geometry.vaeScaleFactor;
  const { ids } = tokenizer.encode("");
  const promptEmbeds = pass("text encoder", await networks.encodePrompt(ids, 0));
  const image = tensor<"B,3,H,W">([1, 3, pixels, pixels], new Float32Array(3 * pixels * pixels));
  pass("VAE encoder", await networks.encodeImage(image));
  const input = new Float32Array(unetChannels * size * size);
  const noisePred = await networks.predictNoise(
    tensor([1, unetChannels, size, size], input),
    Float32Array.of(1),
    promptEmbeds,
  );
  pass("UNet", noisePred);
  pass("VAE decoder", await networks.decodeLatents(noisePred));
}

/** Throws INVALID_CHECKPOINT: on zeros, a network answers NaN or infinity only when its weights hold them. */
function expectFinite(network: string, output: Tensor<string>): void {
  if (!allFinite(output.data)) {
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `the ${network} answers NaN or infinity: its weights are damaged`,
    );
  }
}
