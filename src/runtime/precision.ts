/** @file What each execution provider computes in. */
import type { Precision } from "../networks/network-builder.js";
import type { ExecutionProvider } from "./graph-session.js";

/** A GPU has units for float16 products and half the memory to read; the CPU provider has kernels for float32 alone. */
export const PRECISION_OF = {
  cpu: "float32",
  cuda: "float16",
  webgpu: "float16",
  tensorrt: "float16",
} as const satisfies Record<ExecutionProvider, Precision>;
