/**
 * @file One small pass through all four networks, so that the first job does not pay for what a runtime does once, and
 * so that a checkpoint whose weights hold NaN is refused at start. Knows shapes only.
 */
import { imageTensor } from "../../diffusion/image-tensor.js";
import { meanLatents } from "../../diffusion/latent-dist.js";
import { fitPreview, type PreviewMap } from "../../diffusion/latent-preview.js";
import { previewPicture } from "../../diffusion/preview-picture.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { allFinite } from "../../tensor/finite.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import type { LoadedModel } from "./loaded-model.js";

/** Latents of 8×8 survive the three halvings of a UNet of four levels. */
const LATENT_SIZE = 8;

export interface WarmUpOptions {
  /** Numbers of rows that the UNet will be run with: each is run once at the model's own size. */
  readonly rowCounts?: readonly number[];
  /** Hears of each network that has answered with finite numbers, as "UNet". */
  onPassed?(network: string): void;
}

/** What previews of this model's latents are made with. Throws INVALID_CHECKPOINT. */
export async function warmUp(
  { networks, tokenizer, geometry, unetChannels, scalingFactor }: LoadedModel,
  { rowCounts = [], onPassed }: WarmUpOptions = {},
): Promise<PreviewMap> {
  const pass = <L extends string>(network: string, output: Tensor<L>): Tensor<L> => {
    expectFinite(network, output);
    onPassed?.(network);
    return output;
  };
  const size = LATENT_SIZE;
  const pixels = size * geometry.vaeScaleFactor;
  const { ids } = tokenizer.encode("");
  const promptEmbeds = pass("text encoder", await networks.encodePrompt(ids, 0));
  const image = imageTensor(previewPicture(pixels));
  const moments = pass("VAE encoder", await networks.encodeImage(image));
  const input = new Float32Array(unetChannels * size * size);
  const noisePred = await networks.predictNoise(
    tensor([1, unetChannels, size, size], input),
    Float32Array.of(1),
    promptEmbeds,
  );
  pass("UNet", noisePred);
  pass("VAE decoder", await networks.decodeLatents(noisePred));

  const [height, width] = [geometry.height, geometry.width].map((edge) => edge / geometry.vaeScaleFactor);
  const [, ...states] = promptEmbeds.shape;
  for (const rows of rowCounts) {
    const shape = [rows, unetChannels, height ?? 0, width ?? 0];
    await networks.predictNoise(
      tensor(shape, new Float32Array(elementCount(shape))),
      new Float32Array(rows).fill(1),
      tensor([rows, ...states], new Float32Array(rows * promptEmbeds.data.length)),
    );
  }
  return fitPreview(meanLatents(moments, scalingFactor), image);
}

/** Throws INVALID_CHECKPOINT: on a plain input, a network answers NaN or infinity only when its weights hold them. */
function expectFinite(network: string, output: Tensor<string>): void {
  if (!allFinite(output.data)) {
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `the ${network} answers NaN or infinity: its weights are damaged`,
    );
  }
}
