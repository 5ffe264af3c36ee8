/**
 * @file A checkpoint as it was before it was trained: a copy whose denoiser and text encoder have the weights that torch
 * gives new layers. What its pictures lack is what training taught; the autoencoder stays, whose work is not in question.
 */
import { cp, open } from "node:fs/promises";
import { join } from "node:path";
import { findComponentWeights, type Library } from "../../src/checkpoint/weights/component-weights.js";
import { openWeights } from "../../src/checkpoint/weights/open-weights.js";
import type { StoredTensor } from "../../src/checkpoint/weights/weights.js";
import { Random } from "../scenes/random.js";
import { float16Bits } from "./float16-bits.js";

const COMPONENTS = [
  ["unet", "diffusers"],
  ["text_encoder", "transformers"],
] as const satisfies readonly (readonly [string, Library])[];

/** What a weight may be stored as. */
const WRITERS = {
  F32: { bytes: 4, write: (to: Buffer, value: number, at: number) => to.writeFloatLE(value, at) },
  F16: {
    bytes: 2,
    write: (to: Buffer, value: number, at: number) => to.writeUInt16LE(float16Bits(value), at),
  },
} as const;

/**
 * Writes the copy of the diffusers folder `modelDir` into `folder`, the same for the same `seed`. Throws
 * INVALID_CHECKPOINT, naming the file, when a component's weights are missing or damaged, and RangeError for weights of
 * a type that is not written here.
 */
export async function writeUntrainedCopy(modelDir: string, folder: string, seed = 0): Promise<void> {
  await cp(modelDir, folder, { recursive: true, dereference: true });
  const random = new Random(seed);
  for (const [component, library] of COMPONENTS) {
    const { path } = await findComponentWeights(join(folder, component), library);
    const { tensors } = await openWeights(path);
    for (const tensor of tensors.values()) {
      // positions, counted and not learnt
      if (tensor.dtype === "I64") continue;
      await overwrite(tensor, spreadOf(tensor, tensors), random);
    }
  }
}

/** Uniform in `middle` ± `reach`. */
interface Spread {
  readonly middle: number;
  readonly reach: number;
}

/** torch.nn: norms begin as the identity, all else within 1/√(inputs of the layer), a bias with its layer's inputs. */
function spreadOf({ name, shape }: StoredTensor, tensors: ReadonlyMap<string, StoredTensor>): Spread {
  const isBias = name.endsWith(".bias");
  if (/norm\w*\.(weight|bias)$/.test(name)) return { middle: isBias ? 0 : 1, reach: 0 };
  const layer = isBias ? tensors.get(name.replace(/bias$/, "weight"))?.shape : shape;
  if (layer === undefined || layer.length < 2) throw new RangeError(`${name}: of no layer known here`);
  const inputs = layer.slice(1).reduce((product, size) => product * size, 1);
  return { middle: 0, reach: 1 / Math.sqrt(inputs) };
}

async function overwrite(
  { name, dtype, file, offset, length }: StoredTensor,
  { middle, reach }: Spread,
  random: Random,
): Promise<void> {
  if (dtype !== "F32" && dtype !== "F16")
    throw new RangeError(`${file.path}: ${name}: ${dtype} is not written`);
  const { bytes, write } = WRITERS[dtype];
  const data = Buffer.alloc(length);
  for (let at = 0; at < length; at += bytes) write(data, random.uniform(middle - reach, middle + reach), at);
  const handle = await open(file.path, "r+");
  try {
    await handle.write(data, 0, length, offset);
  } finally {
    await handle.close();
  }
}
