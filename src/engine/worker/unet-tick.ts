/**
 * @file One UNet call for several jobs: their rows side by side, in as many runs as memory asks for. Knows rows and
 * shapes; knows no schedule and no message.
 */
import type { UnetCall } from "../../diffusion/denoising.js";
import type { Latents, Networks } from "../../diffusion/networks.js";
import { tensor } from "../../tensor/tensor.js";
import { isOutOfMemory } from "./is-out-of-memory.js";

export interface UnetTickOptions {
  /**
   * The numbers of rows that a run may have, ascending; rows are repeated to fill one, which is dropped again. On a GPU
   * every other number is a shape to be tuned anew, and other kernels round otherwise. Empty: as many as there are.
   */
  readonly rowCounts: readonly number[];
  /** A run was too large for the device's memory: what is tried now, and from now on, is at most `rows`. */
  onShrink(rows: number, shape: string): void;
  /** Free what runs left behind. */
  makeRoom(): Promise<void>;
}

type Row = {
  readonly input: Float32Array;
  readonly timestep: number;
  readonly promptEmbeds: Float32Array;
};

export class UnetTick {
  readonly #networks: Pick<Networks, "predictNoise">;
  readonly #options: UnetTickOptions;
  /** By shape: the most rows that memory had room for. */
  readonly #limits = new Map<string, number>();
  /** Megabytes that are filled anew for each call: fresh ones would have to be zeroed and mapped every time. */
  readonly #inputs = new Rows();
  readonly #states = new Rows();

  constructor(networks: Pick<Networks, "predictNoise">, options: UnetTickOptions) {
    this.#networks = networks;
    this.#options = options;
  }

  /** Rows that are computed, the repeated ones too, for `rows` of inputs `[channels, h, w]`. */
  rowsComputed(rows: number, inputShape: readonly number[]): number {
    const shape = inputShape.join("x");
    const [sizes, limit] = [this.#sizes(shape), this.#limit(shape)];
    let computed = 0;
    for (let left = rows; left > 0; left -= limit) {
      const chunk = Math.min(left, limit);
      computed += sizes.find((size) => size >= chunk) ?? chunk;
    }
    return computed;
  }

  /**
   * The answers to `calls`, in their order, each `[1|2, 4, h, w]`, to be read before the next call. All inputs are of one
   * height and width; `promptEmbeds` are never written to again by whoever made them. Rejects with OUT_OF_MEMORY when
   * there is no memory for a single row.
   */
  async run(calls: readonly UnetCall[]): Promise<readonly Latents[]> {
    const rows = calls.flatMap(rowsOf);
    const [, ...inputShape] = calls[0]?.input.shape ?? [];
    const [, ...statesShape] = calls[0]?.promptEmbeds.shape ?? [];
    const predicted: Float32Array[] = [];
    while (predicted.length < rows.length) {
      const chunk = rows.slice(predicted.length, predicted.length + this.#limit(inputShape.join("x")));
      predicted.push(...(await this.#predict(chunk, inputShape, statesShape)));
    }
    const [, height = 0, width = 0] = inputShape;
    let next = 0;
    return calls.map(({ timesteps }) => {
      const own = predicted.slice(next, next + timesteps.length);
      next += timesteps.length;
      return tensor([timesteps.length, 4, height, width], joined(own));
    });
  }

  /** As many of `rows`, from the first, as there was memory for. What was too little may do once room is made. */
  async #predict(
    rows: readonly Row[],
    inputShape: readonly number[],
    statesShape: readonly number[],
    isRetry = false,
  ): Promise<readonly Float32Array[]> {
    const shape = inputShape.join("x");
    const count = this.#sizes(shape).find((size) => size >= rows.length) ?? rows.length;
    const padded = Array.from({ length: count }, (_, i) => rows[i] ?? rows[0]).filter(
      (row) => row !== undefined,
    );
    try {
      const inputs = this.#inputs.filledWith(padded.map(({ input }) => input));
      const states = this.#states.filledWithConstant(padded.map(({ promptEmbeds }) => promptEmbeds));
      const { data } = await this.#networks.predictNoise(
        tensor([count, ...inputShape], inputs),
        Float32Array.from(padded, ({ timestep }) => timestep),
        tensor([count, ...statesShape], states),
      );
      const size = data.length / count;
      return rows.map((_, i) => data.subarray(i * size, (i + 1) * size));
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      await this.#options.makeRoom();
      if (isRetry && count === 1) throw error;
      if (isRetry) {
        this.#limits.set(shape, Math.floor(count / 2));
        this.#options.onShrink(this.#limit(shape), shape);
      }
      return this.#predict(rows.slice(0, this.#limit(shape)), inputShape, statesShape, true);
    }
  }

  /** The most rows of a run. */
  #limit(shape: string): number {
    return this.#sizes(shape).at(-1) ?? this.#limits.get(shape) ?? Number.POSITIVE_INFINITY;
  }

  /** The numbers of rows that a run may have where not all may. Of one fixed number that is too large, a smaller is left. */
  #sizes(shape: string): readonly number[] {
    const { rowCounts } = this.#options;
    const limit = this.#limits.get(shape);
    if (limit === undefined || rowCounts.length === 0) return rowCounts;
    const fitting = rowCounts.filter((size) => size <= limit);
    return fitting.length > 0 ? fitting : [limit];
  }
}

function rowsOf({ input, timesteps, promptEmbeds }: UnetCall): readonly Row[] {
  const part = (data: Float32Array, index: number) => {
    const size = data.length / timesteps.length;
    return data.subarray(index * size, (index + 1) * size);
  };
  return Array.from(timesteps, (timestep, i) => ({
    input: part(input.data, i),
    timestep,
    promptEmbeds: part(promptEmbeds.data, i),
  }));
}

/** Memory for the rows of one call after the other. */
class Rows {
  #data = new Float32Array(0);
  #parts: readonly Float32Array[] = [];

  /** Good until it is called again. */
  filledWith(parts: readonly Float32Array[]): Float32Array {
    const length = lengthOf(parts);
    if (this.#data.length !== length) this.#data = new Float32Array(length);
    return join(parts, this.#data);
  }

  /** The same for parts that nobody ever changes: those that were there before, in the same order, still are. */
  filledWithConstant(parts: readonly Float32Array[]): Float32Array {
    const isThere =
      parts.length === this.#parts.length && parts.every((part, i) => isSameMemory(part, this.#parts[i]));
    if (!isThere) this.filledWith(parts);
    this.#parts = parts;
    return this.#data;
  }
}

const isSameMemory = (a: Float32Array, b: Float32Array | undefined) =>
  a.buffer === b?.buffer && a.byteOffset === b.byteOffset && a.length === b.length;

/** Of one run's answer the part that holds `parts`; copied only where they come of several. */
function joined(parts: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0)] = parts;
  const length = lengthOf(parts);
  const isOnePiece = parts.every(
    (part, i) => part.buffer === first.buffer && part.byteOffset === first.byteOffset + i * first.byteLength,
  );
  if (!isOnePiece) return join(parts, new Float32Array(length));
  return new Float32Array(first.buffer, first.byteOffset, length);
}

const lengthOf = (parts: readonly Float32Array[]) => parts.reduce((length, part) => length + part.length, 0);

function join(parts: readonly Float32Array[], whole: Float32Array): Float32Array {
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
