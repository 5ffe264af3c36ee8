/**
 * @file The best rate of large float32 matrix products in this process, to be measured again beside every other figure:
 * a machine's speed drifts. Knows nothing of networks.
 */
import { GraphBuilder } from "../../src/onnx/graph-builder.js";
import { gather, gemm } from "../../src/onnx/operators.js";
import { GraphSession } from "../../src/runtime/graph-session.js";

/** Rows, inner, columns: shapes of the UNet's products, and one that is as large as any. */
const SIZES = [
  [2048, 1280, 5120],
  [4096, 1280, 1280],
  [8192, 320, 2560],
  [1024, 4096, 4096],
] as const;
/** For each size once, and for the best of them before every figure. */
const CHOSEN_BY_MS = 1000;
const MEASURED_MS = 2000;

/** GFLOP/s by the wall clock, and by the processor time that was used, times the threads. */
export interface Rate {
  readonly wall: number;
  readonly cpu: number;
}

/** How fast `run` is, which makes `flop` operations. Processor time is the user's: the kernel's is not computing. */
export async function rateOf(flop: number, threads: number, run: () => Promise<unknown>): Promise<Rate> {
  const cpuStart = process.cpuUsage();
  const startMs = performance.now();
  await run();
  const wallMs = performance.now() - startMs;
  const userMs = process.cpuUsage(cpuStart).user / 1000;
  return { wall: flop / wallMs / 1e6, cpu: (flop * threads) / userMs / 1e6 };
}

interface Product {
  readonly flop: number;
  readonly session: GraphSession;
  run(): Promise<unknown>;
}

export class GemmYardstick {
  readonly #best: Product;
  readonly #threads: number;

  private constructor(best: Product, threads: number) {
    this.#best = best;
    this.#threads = threads;
  }

  /** The size that runs at the highest rate is the yardstick. */
  static async open(threads: number): Promise<GemmYardstick> {
    const measured: { readonly product: Product; readonly rate: number }[] = [];
    for (const [rows, inner, columns] of SIZES) {
      const product = await openProduct(rows, inner, columns, threads);
      measured.push({ product, rate: (await sustained(product, threads, CHOSEN_BY_MS)).cpu });
    }
    measured.sort((a, b) => b.rate - a.rate);
    const [best, ...others] = measured;
    for (const { product } of others) await product.session.release();
    if (best === undefined) throw new Error("there is no size to measure with");
    return new GemmYardstick(best.product, threads);
  }

  rate(): Promise<Rate> {
    return sustained(this.#best, this.#threads, MEASURED_MS);
  }

  release(): Promise<void> {
    return this.#best.session.release();
  }
}

/** Over all of `measuredMs`, as a network's call is measured over all of its seconds. */
async function sustained({ flop, run }: Product, threads: number, measuredMs: number): Promise<Rate> {
  await run();
  const started = performance.now();
  let products = 0;
  const one = await rateOf(flop, threads, async () => {
    for (; performance.now() - started < measuredMs; products++) await run();
  });
  return { wall: one.wall * products, cpu: one.cpu * products };
}

async function openProduct(rows: number, inner: number, columns: number, threads: number): Promise<Product> {
  const g = new GraphBuilder("gemm");
  const x = g.input("x", "float32", [rows, inner]);
  const weight = g.floats("weight", [columns, inner], new Float32Array(columns * inner).fill(0.5));
  // Only one row leaves: memory for a graph's outputs is found anew in every run, which a product inside is spared.
  g.output("y", gather(g, gemm(g, x, weight, undefined), g.int64s([0])), "float32", [1, columns]);
  const session = await GraphSession.open(g.build(), { weightsDirectory: ".", threads });
  const feeds = { x: { shape: [rows, inner], data: new Float32Array(rows * inner).fill(0.25) } };
  return { flop: 2 * rows * inner * columns, session, run: () => session.run(feeds) };
}
