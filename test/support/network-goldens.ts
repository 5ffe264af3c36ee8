/** @file The forward passes of test/scripts/goldens/networks.py, to be repeated on any set of networks. */
import type { Networks } from "../../src/diffusion/networks.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { readGoldenTensor } from "./golden.js";

export interface NetworkGolden {
  readonly component: "text_encoder" | "unet" | "vae";
  readonly label: string;
  readonly expected: Tensor<string>;
  run(networks: Networks): Promise<Tensor<string>>;
}

const read = <L extends string>(name: string) => readGoldenTensor<L>(`networks/${name}.npy`);

const textIds = read<"B,77">("text-ids");
const textStates = read<"B,77,d">("text-states");
/** The states of prompts `from` … `to − 1`, as the reference's UNet got them. */
function statesOf(from: number, to: number): Tensor<"B,77,d"> {
  const [, length = 0, width = 0] = textStates.shape;
  const size = length * width;
  return { shape: [to - from, length, width], data: textStates.data.slice(from * size, to * size) };
}

export const NETWORK_GOLDENS: readonly NetworkGolden[] = [
  {
    component: "text_encoder",
    label: "text encoder, three prompts",
    expected: textStates,
    run: (networks) => networks.encodePrompt(Int32Array.from(textIds.data), 0),
  },
  ...[1, 2, 23].map((clipSkip) => ({
    component: "text_encoder" as const,
    label: `text encoder without its last ${clipSkip} layers`,
    expected: read(`text-states-skip-${clipSkip}`),
    run: (networks: Networks) =>
      networks.encodePrompt(Int32Array.from(textIds.data.subarray(0, 77)), clipSkip),
  })),
  {
    component: "unet",
    label: "UNet, two timesteps in one batch",
    expected: read("unet-two-timesteps-out"),
    run: (networks) =>
      networks.predictNoise(
        read("unet-two-timesteps-sample"),
        read("unet-two-timesteps-timestep").data,
        statesOf(0, 2),
      ),
  },
  {
    component: "unet",
    label: "UNet, odd latent size 25×41",
    expected: read("unet-odd-out"),
    run: (networks) => networks.predictNoise(read("unet-odd-sample"), Float32Array.of(500), statesOf(2, 3)),
  },
  {
    component: "vae",
    label: "VAE encoder, moments of 64×72",
    expected: read("vae-moments"),
    run: (networks) => networks.encodeImage(read("vae-image")),
  },
  {
    component: "vae",
    label: "VAE decoder, two latents of 8×9",
    expected: read("vae-decoded"),
    run: (networks) => networks.decodeLatents(read("vae-latents")),
  },
];

/**
 * max|a − b| ≤ this · max|b|. A fifth of the 1e-4 that is promised and ten times what is seen: tight enough that
 * every single tensor scaled by 1.01 is noticed (weight-sensitivity.slow.test.ts).
 */
export const NETWORK_TOLERANCE = 2e-5;
