/** @file A checkpoint opened as a worker opens it, on the provider that is checked. Knows no comparison. */
import { availableParallelism } from "node:os";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import type { LoadedModel } from "../../src/engine/worker/loaded-model.js";
import { buildNetworks } from "../../src/networks/build-networks.js";
import type { ExecutionProvider } from "../../src/runtime/graph-session.js";
import { OnnxNetworks } from "../../src/runtime/onnx-networks.js";
import { PRECISION_OF } from "../../src/runtime/precision.js";
import { storedAsTyped } from "../support/float16-storage.js";
import { loadTestModel } from "../support/test-model.js";

export interface Computing {
  readonly provider: ExecutionProvider;
  /** On the CPU: every value rounded to float16. */
  readonly emulateFloat16: boolean;
}

export const precisionOf = ({ provider, emulateFloat16 }: Computing) =>
  emulateFloat16 ? "float16" : PRECISION_OF[provider];

export async function openModel(modelDir: string, computing: Computing): Promise<LoadedModel> {
  const threads = availableParallelism();
  const model = await loadTestModel({ modelDir, threads, executionProvider: computing.provider });
  if (!computing.emulateFloat16) return model;
  await model.release();
  const checkpoint = await openCheckpoint({ modelDir });
  const graphs = buildNetworks(checkpoint, { precision: "float16" });
  const rounded = {
    textEncoder: storedAsTyped(graphs.textEncoder),
    unet: storedAsTyped(graphs.unet),
    vaeEncoder: storedAsTyped(graphs.vaeEncoder),
    vaeDecoder: storedAsTyped(graphs.vaeDecoder),
  };
  const networks = await OnnxNetworks.openGraphs(rounded, checkpoint, { threads });
  return { ...model, networks, release: () => networks.release() };
}
