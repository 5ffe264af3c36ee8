/** @file Opens weights that have to lie below what the operator named. Knows the rule's place; knows no format. */

import { realFileWithin } from "../files/real-file-within.js";
import { openWeights } from "./open-weights.js";
import type { WeightSet } from "./weights.js";

/** Throws INVALID_CHECKPOINT naming the file, or the shard, that is a link out of `root`, or what is wrong in it. */
export async function openWeightsWithin(root: string, path: string): Promise<WeightSet> {
  await realFileWithin(root, path);
  const weights = await openWeights(path);
  const files = new Set([...weights.tensors.values()].map(({ file }) => file.path));
  for (const file of files) if (file !== path) await realFileWithin(root, file);
  return weights;
}
