/** @file Every tensor of a checkpoint that does not fit its configs, of all components. Loads nothing. */
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import { buildUnchecked } from "./build-networks.js";

export interface WeightProblem {
  /** The weights file, or the index of its shards. */
  readonly path: string;
  /** Names the tensor. */
  readonly problem: string;
}

/** All of them, where `buildNetworks` stops at the first component and at twenty. */
export const weightProblems = (checkpoint: Checkpoint): readonly WeightProblem[] =>
  buildUnchecked(checkpoint).weights.flatMap((component) =>
    component.problems().map((problem) => ({ path: component.path, problem })),
  );
