/** @file A checkpoint opened as a worker opens it, for tests that need no process. Knows no expectation. */
import type { ModelOptions } from "../../src/engine/protocol.js";
import { loadModel } from "../../src/engine/worker/load-model.js";
import { randomCheckpointPath } from "./paths.js";

/** The random checkpoint on one thread, on the CPU, with `changes`. */
export const loadTestModel = (changes: Partial<ModelOptions> = {}) =>
  loadModel({
    modelDir: randomCheckpointPath,
    threads: 1,
    executionProvider: "cpu",
    maxBatch: 4,
    deterministic: false,
    promptCacheBytes: 0,
    latentCacheBytes: 0,
    defaultSchedule: { numInferenceSteps: 50, strength: 1, eta: 0 },
    ...changes,
  });
