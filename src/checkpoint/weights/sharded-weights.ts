/**
 * @file Weights that are split over several files, with an index that says which tensor lies in which
 * (`*.safetensors.index.json`, `*.bin.index.json`). Knows the index; the files' formats are known elsewhere.
 */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { InpaintError } from "../../errors/inpaint-error.js";
import { MAX_TEXT_BYTES, readJsonFile } from "../files/json-file.js";
import { longRecord } from "../files/schema-problems.js";
import { type StoredTensor, shownName, type WeightSet } from "./weights.js";

/** The largest published models have some hundred. */
const MAX_SHARDS = 1000;
/** A file beside the index: no folder, and nothing that a file system could take for one. */
const FILE_NAME = /^(?!\.{1,2}$)[^/\\\0]{1,255}$/;

const indexSchema = z.object({ weight_map: longRecord(z.string()) });

/**
 * All tensors of the files that the index names, each opened by `open`. Throws INVALID_CHECKPOINT naming the file that
 * is missing, the tensor that its file does not hold, or the one that two files hold.
 */
export async function openShards(
  indexPath: string,
  open: (path: string) => Promise<WeightSet>,
): Promise<WeightSet> {
  const { weight_map } = await readJsonFile(indexPath, (file) => indexSchema.safeParse(file), MAX_TEXT_BYTES);
  const index = Object.entries(weight_map);
  const shards = [...new Set(index.map(([, shard]) => shard))];
  if (shards.length === 0 || shards.length > MAX_SHARDS) {
    throw invalid(indexPath, `names ${shards.length} files; 1 to ${MAX_SHARDS} are read`);
  }
  for (const shard of shards) {
    if (!FILE_NAME.test(shard)) {
      throw invalid(indexPath, `${JSON.stringify(shownName(shard))} is not the name of a file beside it`);
    }
    const found = await stat(join(dirname(indexPath), shard)).catch(() => undefined);
    if (found === undefined) {
      const count = index.filter(([, one]) => one === shard).length;
      throw invalid(indexPath, `${shard} with ${count} of its ${index.length} tensors is missing`);
    }
  }
  const tensors = new Map<string, StoredTensor>();
  const holders = new Map<string, string>();
  for (const shard of shards) {
    const opened = await open(join(dirname(indexPath), shard));
    for (const [name, tensor] of opened.tensors) {
      const other = holders.get(name);
      if (other !== undefined) {
        throw invalid(indexPath, `${shownName(name)} lies in ${other} and in ${shard}`);
      }
      holders.set(name, shard);
      tensors.set(name, tensor);
    }
  }
  for (const [name, shard] of index) {
    if (holders.get(name) !== shard) {
      throw invalid(indexPath, `${shownName(name)} should lie in ${shard}, which does not hold it`);
    }
  }
  return { path: indexPath, tensors };
}

const invalid = (path: string, what: string) => new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`);
