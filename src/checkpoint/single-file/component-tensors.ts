/**
 * @file Takes a single file's tensors apart into the three components, under the names that diffusers gives them.
 * Every tensor stays where it lies: what differs is its name, its shape or where in the fused one it begins.
 */
import type { StoredTensor, WeightSet } from "../weights/weights.js";
import type { LdmTensors } from "./ldm-tensors.js";
import { ModuleNames, type ModulePair } from "./module-names.js";
import { fusedNameOf, fusedParts, isUnusedOpenClip } from "./text-encoder-layout.js";
import { VAE_PREFIX } from "./vae-layout.js";

/** The tensors whose name begins with `prefix`. Those that no module covers keep their name: they are surplus. */
export function componentTensors(
  tensors: LdmTensors,
  prefix: string,
  modules: readonly ModulePair[],
): WeightSet {
  const names = new ModuleNames(modules);
  const found = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors.all) {
    if (!name.startsWith(prefix) || isUnusedOpenClip(name) || isTrainingOnly(name)) continue;
    const parts = fusedParts(name);
    if (parts === undefined || tensor.shape[0] === undefined || tensor.shape[0] % parts.length !== 0) {
      found.set(names.today(name) ?? name, isVaeAttention(name) ? asMatrix(tensor) : tensor);
      continue;
    }
    parts.forEach((part, i) => {
      found.set(part, rowsOf(tensor, i, parts.length));
    });
  }
  return {
    path: tensors.path,
    tensors: found,
    nameInFile: (today) => names.inFile(today) ?? fusedNameOf(today) ?? today,
  };
}

/** Losses and averages that lie inside the VAE's part of a file from training. */
const isTrainingOnly = (name: string) =>
  name.startsWith(`${VAE_PREFIX}loss.`) || name.startsWith(`${VAE_PREFIX}model_ema.`);

/** The VAE's attention multiplies by matrices, which the file holds as 1×1 convolutions. */
const isVaeAttention = (name: string) =>
  name.startsWith(VAE_PREFIX) && /\.mid\.attn_1\.(q|k|v|proj_out)\.weight$/.test(name);

function asMatrix(tensor: StoredTensor): StoredTensor {
  const [rows = 0, columns = 0, ...kernel] = tensor.shape;
  return kernel.every((size) => size === 1) ? { ...tensor, shape: [rows, columns] } : tensor;
}

/** The `i`-th of `parts` equal slices along the first axis. */
function rowsOf(tensor: StoredTensor, i: number, parts: number): StoredTensor {
  const [rows = 0, ...rest] = tensor.shape;
  const length = tensor.length / parts;
  return { ...tensor, shape: [rows / parts, ...rest], offset: tensor.offset + i * length, length };
}
