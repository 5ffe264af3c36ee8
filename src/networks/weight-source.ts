/**
 * @file Where a network's builder gets its weights: by name and expected shape.
 * Knows how a tensor in a file becomes a reference in a graph; reads no file.
 */
import { relative, sep } from "node:path";
import { commonFolder, type StoredTensor, type WeightSet } from "../checkpoint/weights/weights.js";
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
  /** The real folder that every tensor's location in a graph is relative to. */
  readonly directory: string;
  readonly #weights: WeightSet;
  readonly #oldNames: OldNames;
  readonly #taken = new Set<string>();
  readonly #problems: string[] = [];

  constructor(weights: WeightSet, oldNames: OldNames = []) {
    this.directory = commonFolder(weights);
    this.#weights = weights;
    this.#oldNames = oldNames;
  }

  /** The weights file, or the index of its shards. */
  get path(): string {
    return this.#weights.path;
  }

  has(name: string): boolean {
    return this.#weights.tensors.has(this.#keyOf(name));
  }

  take(name: string, shape: readonly number[], as = shape): ExternalTensor {
    const key = this.#keyOf(name);
    this.#taken.add(key);
    const stored = this.#weights.tensors.get(key);
    if (stored === undefined) {
      this.#problems.push(
        `${this.#weights.nameInFile?.(name) ?? name}: missing, expected shape ${format(shape)}`,
      );
    } else if (!sameShape(stored.shape, shape)) {
      this.#problems.push(`${stored.name}: expected shape ${format(shape)}, found ${format(stored.shape)}`);
    }
    return {
      name: as === shape ? name : `${name}:${as.join("x")}`,
      type: this.#elementType(stored),
      shape: as,
      location: stored === undefined ? "" : this.#locationOf(stored),
      offset: stored?.offset ?? 0,
      length: stored?.length ?? 0,
    };
  }

  /** Every tensor that is missing, misshapen, of a type that cannot be run, or surplus: one sentence each. */
  problems(): readonly string[] {
    const problems = [...this.#problems];
    for (const [key, { name, shape }] of this.#weights.tensors) {
      if (this.#taken.has(key) || SAVED_BUFFERS.some((pattern) => pattern.test(key))) continue;
      problems.push(`${name}: surplus, the architecture in config.json has no such tensor ${format(shape)}`);
    }
    return problems;
  }

  /** Throws INVALID_CHECKPOINT when there are problems, naming the first of them. */
  assertComplete(): void {
    const problems = this.problems();
    const count = problems.length;
    if (count === 0) return;
    const shown = problems.slice(0, MAX_PROBLEMS_SHOWN).join("; ");
    const rest = count > MAX_PROBLEMS_SHOWN ? `; and ${count - MAX_PROBLEMS_SHOWN} more` : "";
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `${this.path}: ${count} tensor${count === 1 ? " does" : "s do"} not fit config.json: ${shown}${rest}`,
    );
  }

  /** The key under which the set holds `name`: today's, or the one of an older release where only that is there. */
  #keyOf(name: string): string {
    const { tensors } = this.#weights;
    if (tensors.has(name)) return name;
    const rule = this.#oldNames.find(([today]) => today.test(name));
    const old = rule && name.replace(...rule);
    return old !== undefined && tensors.has(old) ? old : name;
  }

  #locationOf({ file }: StoredTensor): string {
    const folder = relative(this.directory, file.directory);
    return folder === "" ? file.fileName : [...folder.split(sep), file.fileName].join("/");
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
