/** @file UNet calls of any size, made of numbered rows: row n is the same in every call. Knows no time and no limit. */

import type { LatentModelInput, Latents, PromptEmbeds } from "../../src/diffusion/networks.js";
import type { LoadedModel } from "../../src/engine/worker/loaded-model.js";
import { tensor } from "../../src/tensor/tensor.js";
import { noiseFloats } from "../support/integer-noise.js";

const PROMPTS = ["Face of a yellow cat, high resolution, sitting on a park bench", ""];
const TIMESTEPS = 1000;

export class UnetRows {
  readonly #model: LoadedModel;
  readonly #states: PromptEmbeds;

  private constructor(model: LoadedModel, states: PromptEmbeds) {
    this.#model = model;
    this.#states = states;
  }

  static async create(model: LoadedModel): Promise<UnetRows> {
    const ids = PROMPTS.flatMap((prompt) => [...model.tokenizer.encode(prompt).ids]);
    return new UnetRows(model, await model.networks.encodePrompt(Int32Array.from(ids), 0));
  }

  /** One call of `rows`. */
  predict(rows: readonly number[]): Promise<Latents> {
    return this.prepare(rows)();
  }

  /** The call of `rows`, to be made as often as one likes: each row at a timestep of its own, at the model's own size. */
  prepare(rows: readonly number[]): () => Promise<Latents> {
    const { geometry, unetChannels, networks } = this.#model;
    const [height, width] = [geometry.height, geometry.width].map((size) => size / geometry.vaeScaleFactor);
    if (height === undefined || width === undefined) throw new Error("two in, two out: this is a bug");
    const rowSize = unetChannels * height * width;
    const sample = new Float32Array(rows.length * rowSize);
    const [, tokens = 0, channels = 0] = this.#states.shape;
    const states = new Float32Array(rows.length * tokens * channels);
    rows.forEach((row, place) => {
      sample.set(noiseFloats(rowSize, row + 1), place * rowSize);
      const from = (row % PROMPTS.length) * tokens * channels;
      states.set(this.#states.data.subarray(from, from + tokens * channels), place * tokens * channels);
    });
    const input: LatentModelInput = tensor([rows.length, unetChannels, height, width], sample);
    const timesteps = Float32Array.from(rows, (row) => TIMESTEPS - 1 - ((row * 131) % TIMESTEPS));
    const promptEmbeds = tensor<"B,77,d">([rows.length, tokens, channels], states);
    return () => networks.predictNoise(input, timesteps, promptEmbeds);
  }
}

/** The values of the row at `place` of a call's output. */
export function rowAt({ shape, data }: Latents, place: number): Float32Array {
  const size = data.length / (shape[0] ?? 1);
  return data.subarray(place * size, (place + 1) * size);
}
