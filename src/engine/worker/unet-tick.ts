/**
 * @file One UNet call for several jobs: their rows side by side, in as many runs as memory asks for. Knows rows and
 * shapes; knows no schedule and no message.
 */
import type { UnetCall } from "../../diffusion/denoising.js";
import type { Latents, Networks } from "../../diffusion/networks.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { tensor } from "../../tensor/tensor.js";

export interface UnetTickOptions {
  /**
   * The numbers of rows that a run may have, ascending; rows are repeated to fill one, which is dropped again. On a GPU
   * every other number is a shape to be tuned anew, and other kernels round otherwise. Empty: as many as there are.
   */
  readonly rowCounts: readonly number[];
  /** A run was too large for the device's memory: what is tried now is at most `rows`. */
  onShrink(rows: number, shape: string): void;
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

  /**
   * The answers to `calls`, in their order, each `[1|2, 4, h, w]`, to be read before the next call. All inputs are of one height and
   * width; `promptEmbeds` are never written to again by whoever made them. Rejects with OUT_OF_MEMORY when there is no memory for a single row.
   */
  async run(calls: readonly UnetCall[]): Promise<readonly Latents[]> {
    const rows = calls.flatMap(rowsOf);
    const [, ...inputShape] = calls[0]?.input.shape ?? [];
    const [, ...statesShape] = calls[0]?.promptEmbeds.shape ?? [];
    const predicted: Float32Array[] = [];
    while (predicted.length < rows.length) {
      const chunk = rows.slice(predicted.length, predicted.length + this.#limit(inputShape));
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

  /** As many of `rows`, from the first, as there was memory for. */
  async #predict(
    rows: readonly Row[],
    inputShape: readonly number[],
    statesShape: readonly number[],
  ): Promise<readonly Float32Array[]> {
    const count = this.#options.rowCounts.find((size) => size >= rows.length) ?? rows.length;
    const padded = Array.from({ length: count }, (_, i) => rows[i] ?? rows[0]).filter(
      (row) => row !== undefined,
    );
    const inputs = this.#inputs.filledWith(padded.map(({ input }) => input));
    const states = this.#states.filledWithConstant(padded.map(({ promptEmbeds }) => promptEmbeds));
    try {
      const { data } = await this.#networks.predictNoise(
        tensor([count, ...inputShape], inputs),
        Float32Array.from(padded, ({ timestep }) => timestep),
        tensor([count, ...statesShape], states),
      );
      const size = data.length / count;
      return rows.map((_, i) => data.subarray(i * size, (i + 1) * size));
    } catch (error) {
      if (!(error instanceof InpaintError && error.code === "OUT_OF_MEMORY") || rows.length === 1)
        throw error;
      const shape = inputShape.join("x");
      const limit = Math.floor(rows.length / 2);
      this.#limits.set(shape, limit);
      this.#options.onShrink(limit, shape);
      return this.#predict(rows.slice(0, limit), inputShape, statesShape);
    }
  }

  #limit(inputShape: readonly number[]): number {
    return (
      this.#limits.get(inputShape.join("x")) ?? this.#options.rowCounts.at(-1) ?? Number.POSITIVE_INFINITY
    );
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
