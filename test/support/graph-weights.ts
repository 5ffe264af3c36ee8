/** @file What the graphs of a checkpoint would read from disk: every weight's name, type, shape and bytes, hashed. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "../../src/checkpoint/checkpoint.js";
import { commonFolder, type WeightSet } from "../../src/checkpoint/weights/weights.js";
import { buildNetworks } from "../../src/networks/build-networks.js";
import type { Graph } from "../../src/onnx/graph.js";

/** Name of each weight in each graph → hash of the rest. A missing `text_model.` makes no difference. */
export async function graphWeights(checkpoint: Checkpoint): Promise<Readonly<Record<string, string>>> {
  const graphs = buildNetworks(checkpoint);
  const { textEncoder, unet, vae } = checkpoint;
  const hashes: Record<string, string> = {};
  const files = new Map<string, Buffer>();
  const add = async (graph: Graph, weights: WeightSet) => {
    for (const { name, type, shape, location, offset, length } of graph.weights) {
      const path = join(commonFolder(weights), location);
      const file = files.get(path) ?? (await readFile(path));
      files.set(path, file);
      const bytes = file.subarray(offset, offset + length);
      const hash = createHash("sha256")
        .update(`${type} ${shape.join("x")} ${length}`)
        .update(bytes);
      hashes[`${graph.name} ${name.replace("text_model.", "")}`] = hash.digest("hex");
    }
  };
  await add(graphs.textEncoder, textEncoder.weights);
  await add(graphs.unet, unet.weights);
  await add(graphs.vaeEncoder, vae.weights);
  await add(graphs.vaeDecoder, vae.weights);
  return hashes;
}
