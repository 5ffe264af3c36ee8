/** @file The timestep's embedding. Matches: diffusers `Timesteps` and `TimestepEmbedding` (models/embeddings.py). */
import type { Value } from "../onnx/graph.js";
import { concat, cos, mul, sin, unsqueeze } from "../onnx/operators.js";
import { linear, silu } from "./layers.js";
import type { NetworkBuilder } from "./network-builder.js";

const MAX_PERIOD = 10_000;

export interface TimeEmbeddingOptions {
  /** Width of the sinusoidal embedding. */
  readonly sinusoids: number;
  /** Width of the embedding the blocks get. */
  readonly size: number;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
}

/** `timesteps` `[B]` float32 → `[B, size]`, before the blocks' activation. The sinusoids are float32 in any precision. */
export function timeEmbedding(n: NetworkBuilder, timesteps: Value, options: TimeEmbeddingOptions): Value {
  const { sinusoids, size, flipSinToCos } = options;
  const frequencies = n.floats("time_frequencies", [1, sinusoids / 2], timeFrequencies(options));
  const angles = mul(n, unsqueeze(n, timesteps, 1), frequencies);
  const waves = flipSinToCos ? [cos(n, angles), sin(n, angles)] : [sin(n, angles), cos(n, angles)];
  const hidden = silu(
    n,
    linear(n, "time_embedding.linear_1", n.narrow(concat(n, waves, 1)), sinusoids, size),
  );
  return linear(n, "time_embedding.linear_2", hidden, size, size);
}

/** exp(−ln(10000) · i / (half − freqShift)), rounded to float32 where the reference rounds. */
function timeFrequencies({ sinusoids, freqShift }: TimeEmbeddingOptions): Float32Array {
  const half = sinusoids / 2;
  const scale = Math.fround(-Math.log(MAX_PERIOD));
  return Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(scale * i) / (half - freqShift))),
  );
}
