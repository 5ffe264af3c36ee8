/**
 * @file The tensors of a single file as the networks' layouts ask for them: shapes by name, numbered modules.
 * Knows no network's names.
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import type { StoredTensor, WeightSet } from "../weights/weights.js";

/** Above the blocks, layers or transformer blocks of any network here; bounds the work that a strange file can ask for. */
const MAX_MODULES = 100;

export class LdmTensors {
  readonly path: string;
  readonly all: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;

  constructor({ path, tensors, metadata = new Map() }: WeightSet) {
    this.path = path;
    this.all = tensors;
    this.metadata = metadata;
  }

  /** Size of an axis, counted from 0. Throws INVALID_CHECKPOINT naming a tensor that is not there. */
  size(name: string, axis: number): number {
    const shape = this.shape(name);
    const size = shape[axis];
    if (size === undefined) throw this.#invalid(`${name}: shape [${shape.join(", ")}] has no axis ${axis}`);
    return size;
  }

  shape(name: string): readonly number[] {
    const tensor = this.all.get(name);
    if (tensor === undefined) throw this.#invalid(`${name}: missing`);
    return tensor.shape;
  }

  hasModule(module: string): boolean {
    for (const name of this.all.keys()) if (name.startsWith(`${module}.`)) return true;
    return false;
  }

  /** How many modules `list`.0, `list`.1, … there are. Throws INVALID_CHECKPOINT when one between them is missing. */
  count(list: string): number {
    const numbers = new Set<number>();
    for (const name of this.all.keys()) {
      const number = name.startsWith(`${list}.`) ? /^\d+/.exec(name.slice(list.length + 1))?.[0] : undefined;
      if (number !== undefined) numbers.add(Number(number));
      if (numbers.size > MAX_MODULES) throw this.#invalid(`${list}: more than ${MAX_MODULES} modules`);
    }
    for (let i = 0; i < numbers.size; i++) {
      if (!numbers.has(i)) throw this.#invalid(`${list}.${i}: missing`);
    }
    return numbers.size;
  }

  #invalid(what: string): InpaintError {
    return new InpaintError("INVALID_CHECKPOINT", `${this.path}: ${what}`);
  }
}
