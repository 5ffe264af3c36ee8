/** @file The rate of one large float32 matrix product in this process: the yardstick beside every time measured. */
import { GraphBuilder } from "../../src/onnx/graph-builder.js";
import { gemm } from "../../src/onnx/operators.js";
import { GraphSession } from "../../src/runtime/graph-session.js";

const ROWS = 2048;
const INNER = 1280;
const COLUMNS = 5120;
const RUNS = 5;

/** GFLOP/s of the best of a few runs of `[2048, 1280] · [1280, 5120]`. */
export async function gemmRate(threads: number): Promise<number> {
  const g = new GraphBuilder("gemm");
  const x = g.input("x", "float32", [ROWS, INNER]);
  const weight = g.floats("weight", [COLUMNS, INNER], new Float32Array(COLUMNS * INNER).fill(0.5));
  g.output("y", gemm(g, x, weight, undefined), "float32", [ROWS, COLUMNS]);
  const session = await GraphSession.open(g.build(), { weightsDirectory: ".", threads });
  const data = new Float32Array(ROWS * INNER).fill(0.25);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await session.run({ x: { shape: [ROWS, INNER], data } });
    best = Math.min(best, performance.now() - start);
  }
  await session.release();
  return (2 * ROWS * INNER * COLUMNS) / best / 1e6;
}
