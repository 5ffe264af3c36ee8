/**
 * @file Where a network's builder gets its weights: by name and expected shape.
 * Knows how a tensor in a file becomes a reference in a graph; reads no file.
 */
import type { StoredTensor, WeightsFile } from "../checkpoint/safetensors-file.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { ElementType, ExternalTensor } from "../onnx/graph.js";

export interface WeightSource {
  has(name: string): boolean;
  /** The tensor `name`, whose shape in the file must be `shape`. The graph sees it as `as`, of equal size. */
  take(name: string, shape: readonly number[], as?: readonly number[]): ExternalTensor;
}

const ELEMENT_TYPE_OF = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const satisfies Record<
  string,
  ElementType
>;

/** Buffers that old releases of transformers saved beside the weights. They hold 0, 1, 2, … and are not read. */
const SAVED_BUFFERS = [/(^|\.)embeddings\.position_ids$/];

/** Part of a name today → what stood there in files of older releases of diffusers. First match counts. */
export type OldNames = readonly (readonly [today: RegExp, old: string])[];

/** Listed in one message at most; a wrong architecture would otherwise fill a screen. */
const MAX_PROBLEMS_SHOWN = 20;

/**
 * The weights of one component of a checkpoint. Every tensor that is missing, misshapen or left over is noted
 * while the graphs are built, and `assertComplete` reports them together.
 */
export class CheckpointWeights implements WeightSource {
  readonly #file: WeightsFile;
  readonly #oldNames: OldNames;
  readonly #taken = new Set<string>();
  readonly #problems: string[] = [];

  constructor(file: WeightsFile, oldNames: OldNames = []) {
    this.#file = file;
    this.#oldNames = oldNames;
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  take(name: string, shape: readonly number[], as = shape): ExternalTensor {
    const stored = this.#find(name);
    if (stored !== undefined) this.#taken.add(stored.name);
    if (stored === undefined) {
      this.#problems.push(`${name}: missing, expected shape ${format(shape)}`);
    } else if (!sameShape(stored.shape, shape)) {
      this.#problems.push(`${stored.name}: expected shape ${format(shape)}, found ${format(stored.shape)}`);
    }
    return {
      name: as === shape ? name : `${name}:${as.join("x")}`,
      type: this.#elementType(stored),
      shape: as,
      location: this.#file.fileName,
      offset: stored?.offset ?? 0,
      length: stored?.length ?? 0,
    };
  }

  /** Throws INVALID_CHECKPOINT naming every missing, misshapen and surplus tensor. */
  assertComplete(): void {
    for (const { name, shape } of this.#file.tensors.values()) {
      if (this.#taken.has(name) || SAVED_BUFFERS.some((pattern) => pattern.test(name))) continue;
      this.#problems.push(
        `${name}: surplus, the architecture in config.json has no such tensor ${format(shape)}`,
      );
    }
    const count = this.#problems.length;
    if (count === 0) return;
    const shown = this.#problems.slice(0, MAX_PROBLEMS_SHOWN).join("; ");
    const rest = count > MAX_PROBLEMS_SHOWN ? `; and ${count - MAX_PROBLEMS_SHOWN} more` : "";
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `${this.#file.path}: ${count} tensor${count === 1 ? " does" : "s do"} not fit config.json: ${shown}${rest}`,
    );
  }

  #find(name: string): StoredTensor | undefined {
    const { tensors } = this.#file;
    const rule = this.#oldNames.find(([today]) => today.test(name));
    return tensors.get(name) ?? (rule && tensors.get(name.replace(...rule)));
  }

  #elementType(stored: StoredTensor | undefined): ElementType {
    switch (stored?.dtype) {
      case undefined:
      case "F32":
        return ELEMENT_TYPE_OF.F32;
      case "F16":
        return ELEMENT_TYPE_OF.F16;
      case "BF16":
        return ELEMENT_TYPE_OF.BF16;
      default:
        this.#problems.push(
          `${stored?.name}: weights of type ${stored?.dtype}; F32, F16 and BF16 can be run`,
        );
        return ELEMENT_TYPE_OF.F32;
    }
  }
}

const format = (shape: readonly number[]) => `[${shape.join(", ")}]`;

const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
