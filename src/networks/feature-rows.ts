/** @file Feature maps as sequences and back: `[B, C, H, W]` ↔ rows `[B · H · W, C]` ↔ `[B, S, C]`. */
import type { Value } from "../onnx/graph.js";
import { concat, reshape, shape, shapeSlice, transpose } from "../onnx/operators.js";
import type { NetworkBuilder } from "./network-builder.js";

export interface FeatureRows {
  readonly rows: Value;
  /** `[B, H, W, C]` as an int64 vector: what `fromRows` needs to undo. */
  readonly channelsLastShape: Value;
}

export function toRows(n: NetworkBuilder, x: Value, channels: number): FeatureRows {
  const channelsLast = transpose(n, x, 0, 2, 3, 1);
  return {
    rows: reshape(n, channelsLast, n.int64s([-1, channels])),
    channelsLastShape: shape(n, channelsLast),
  };
}

export const fromRows = (n: NetworkBuilder, { rows, channelsLastShape }: FeatureRows): Value =>
  transpose(n, reshape(n, rows, channelsLastShape), 0, 3, 1, 2);

/** The length of the batch axis of `x`, as an int64 vector of one element. */
export const batchOf = (n: NetworkBuilder, x: Value): Value => shapeSlice(n, x, 0, 1);

/** Rows `[B · S, channels]` → `[B, S, channels]`. */
export const toSequence = (n: NetworkBuilder, rows: Value, batch: Value, channels: number): Value =>
  reshape(n, rows, concat(n, [batch, n.int64s([-1, channels])], 0));
