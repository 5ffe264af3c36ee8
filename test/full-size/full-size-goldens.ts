/** @file The forward passes of test/scripts/goldens/full_size.py, on the weights that `weight-values.ts` gives. */
import type { Networks } from "../../src/diffusion/networks.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";
import { readGoldenTensor } from "../support/golden.js";
import { noiseFloats, noiseWords } from "../support/integer-noise.js";
import type { NetworkGolden } from "../support/network-goldens.js";

/** The reference keeps every eleventh token's states. */
const TOKEN_STRIDE = 11;
const VOCABULARY_SIZE = 49408;

const read = (name: string) => readGoldenTensor(`full_size/${name}.npy`);

export const FULL_SIZE_GOLDENS: readonly NetworkGolden[] = [
  {
    component: "text_encoder",
    label: "text encoder",
    expected: read("text-states"),
    run: async (networks: Networks) => {
      const ids = Int32Array.from(noiseWords(77, 1), (word) => word % VOCABULARY_SIZE);
      return everyToken(await networks.encodePrompt(ids, 0), TOKEN_STRIDE);
    },
  },
  {
    component: "unet",
    label: "UNet",
    expected: read("unet-out"),
    run: (networks) =>
      networks.predictNoise(
        noise(2, [2, 9, 64, 64]),
        Float32Array.of(981, 21),
        noise<"B,77,d">(3, [2, 77, 1024]),
      ),
  },
  {
    component: "vae",
    label: "VAE encoder",
    expected: read("vae-moments"),
    run: (networks) => networks.encodeImage(noise(4, [1, 3, 64, 64], 0.5)),
  },
  {
    component: "vae",
    label: "VAE decoder",
    expected: read("vae-decoded"),
    run: (networks) => networks.decodeLatents(noise(5, [1, 4, 8, 8])),
  },
];

function noise<L extends string>(seed: number, shape: readonly number[], scale = 1): Tensor<L> {
  return tensor(
    shape,
    noiseFloats(elementCount(shape), seed).map((value) => value * scale),
  );
}

function everyToken({ shape, data }: Tensor<string>, stride: number): Tensor<string> {
  const [, tokens = 0, width = 0] = shape;
  const kept = Array.from({ length: Math.ceil(tokens / stride) }, (_, i) =>
    data.subarray(i * stride * width, (i * stride + 1) * width),
  );
  return tensor([1, kept.length, width], Float32Array.from(kept.flatMap((row) => [...row])));
}
