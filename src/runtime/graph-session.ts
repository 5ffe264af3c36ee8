/**
 * @file One network loaded by ONNX Runtime. Knows sessions and providers; knows no network.
 * `run` blocks the calling thread until the network is done: call it in a worker process only.
 */
import "./no-telemetry.js";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Graph } from "../onnx/graph.js";
import { writeModel } from "../onnx/write-model.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { layOutKernels } from "./kernel-layout.js";
import { type SessionTuning, UNET_TUNING } from "./session-tuning.js";

/** What computes, by ONNX Runtime's names for Node. */
export const EXECUTION_PROVIDERS = ["cpu", "cuda", "webgpu", "tensorrt"] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

export interface SessionOptions {
  /** The real folder that the graph's external data lies in. */
  readonly weightsDirectory: string;
  readonly threads: number;
  readonly executionProvider?: ExecutionProvider;
  readonly tuning?: SessionTuning;
  /** Refuse the graph when one node of it would run on the CPU beside a provider that was asked for. */
  readonly providerOnly?: boolean;
}

/** Ids, or a float tensor. */
export type Feed = { readonly shape: readonly number[]; readonly data: Float32Array | Int32Array };

export class GraphSession {
  readonly #session: InferenceSession;
  readonly #output: string;

  private constructor(session: InferenceSession, output: string) {
    this.#session = session;
    this.#output = output;
  }

  /** Throws INVALID_CHECKPOINT with the runtime's own words when the graph and its weights cannot be loaded. */
  static async open(
    graph: Graph,
    {
      weightsDirectory,
      threads,
      executionProvider = "cpu",
      tuning = UNET_TUNING,
      providerOnly = false,
    }: SessionOptions,
  ): Promise<GraphSession> {
    const [output] = graph.outputs;
    if (output === undefined) throw new Error(`graph ${graph.name} has no output. This is a bug.`);
    try {
      const layout = layOutKernels(graph, tuning.maxReorderedKernelBytes);
      const session = await InferenceSession.create(writeModel(layout.graph), {
        executionProviders: [executionProvider],
        graphOptimizationLevel: layout.optimization,
        // Below errors it says of every kernel that is kept that it was kept.
        logSeverityLevel: 3,
        enableCpuMemArena: tuning.arena,
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        extra: {
          session: {
            model_external_initializers_file_folder_path: weightsDirectory,
            // The networks of one process run one after the other; idle threads must not spin against the busy ones.
            force_spinning_stop: "1",
            disable_prepacking: tuning.prepack ? "0" : "1",
            disable_cpu_ep_fallback: providerOnly ? "1" : "0",
          },
        },
      });
      return new GraphSession(session, output.name);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InpaintError("INVALID_CHECKPOINT", `${graph.name}: ONNX Runtime cannot load it: ${reason}`, {
        cause,
      });
    }
  }

  /**
   * Runs the network. `L` names the axes of `output`, float32, which is the graph's first unless named. Rejects with
   * OUT_OF_MEMORY when the device or the process has too little of it for this run.
   */
  async run<L extends string>(
    feeds: Readonly<Record<string, Feed>>,
    output = this.#output,
  ): Promise<Tensor<L>> {
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, { shape, data }]) => [
        name,
        data instanceof Float32Array
          ? new OrtTensor("float32", data, shape)
          : new OrtTensor("int32", data, shape),
      ]),
    );
    const result = (await this.#session.run(inputs, [output]).catch(refuseForMemory))[output];
    if (!(result?.data instanceof Float32Array)) {
      throw new InpaintError("INFERENCE_FAILED", `output ${output} is not a float32 tensor`);
    }
    return tensor(result.dims, result.data);
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** As ONNX Runtime's allocators, CUDA and V8 say it. */
const OUT_OF_MEMORY =
  /failed to allocate|bad.?alloc|out of memory|not enough memory|ALLOC_FAILED|allocation failed/i;

function refuseForMemory(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (!OUT_OF_MEMORY.test(reason)) throw cause;
  throw new InpaintError("OUT_OF_MEMORY", `there is too little memory for this run: ${reason}`, { cause });
}
