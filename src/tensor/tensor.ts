/**
 * @file A dense row-major float32 tensor. Knows shapes and storage; knows no operation of any network.
 */

declare const layout: unique symbol;

/** `L` names the axes, so `[N, C, H, W]` is part of the type; the brand exists at compile time only. */
export interface Tensor<L extends string> {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly [layout]?: L;
}

/** The number of elements of `shape`; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/** A tensor over `data` (not copied). Throws RangeError when the shape does not hold exactly `data`. */
export function tensor<L extends string>(shape: readonly number[], data: Float32Array): Tensor<L> {
  if (elementCount(shape) !== data.length) {
    throw new RangeError(`a tensor of shape [${shape.join(", ")}] cannot hold ${data.length} values`);
  }
  return { shape, data };
}
