/**
 * @file An ONNX graph as frozen plain data: values are names, weights are references into files.
 * Knows ONNX's vocabulary; knows no network and no runtime.
 */

/** Element types by the names ONNX Runtime uses, with ONNX's `TensorProto.DataType` numbers. */
export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, float16: 10, bfloat16: 16 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A number, or the name of an axis whose length is known at run time only. */
export type Dimension = number | string;

/** The name of a value that flows through a graph. */
export interface Value {
  readonly name: string;
}

/** A graph input or output. */
export interface ValueInfo extends Value {
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** A small constant whose bytes (little-endian) are part of the graph. */
export interface InlineTensor extends Value {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A constant whose bytes stay in a file: `length` bytes from `offset` of `location`. */
export interface ExternalTensor extends Value {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Path of the file, with `/` between folders, relative to the folder that the runtime is told. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string };

export interface Node {
  readonly op: string;
  /** "" is ONNX's own operator set, "com.microsoft" ONNX Runtime's contributed one. */
  readonly domain: "" | "com.microsoft";
  /** "" stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly constants: readonly InlineTensor[];
  readonly weights: readonly ExternalTensor[];
}
