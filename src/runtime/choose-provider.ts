/**
 * @file Which execution provider runs the networks, proved before a checkpoint is opened. Knows providers; knows no
 * checkpoint.
 *
 * ONNX Runtime moves what a provider cannot run to the CPU without a word. So the proof is a graph with every operator of
 * the networks, opened with that fall-back forbidden, and run: its numbers must be the CPU's. (The networks themselves
 * cannot forbid it: the few integers that are shapes belong on the CPU.)
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InpaintError } from "../errors/inpaint-error.js";
import { elementCount } from "../tensor/tensor.js";
import { type ExecutionProvider, GraphSession } from "./graph-session.js";
import { PRECISION_OF } from "./precision.js";
import { PROBE_SHAPE, probeGraph } from "./probe-graph.js";

/** Beside the package's own binding; fetched by `npm run gpu:install`. Trying without it makes ONNX Runtime log errors. */
const CUDA_LIBRARY = fileURLToPath(
  new URL(
    `../bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`,
    import.meta.resolve("onnxruntime-node"),
  ),
);

/** max|a − b| ≤ this · max|b| between a provider and the CPU. */
const PROBE_TOLERANCE = 2e-2;

const REMEDY = {
  cuda: "it needs an NVIDIA driver, CUDA 12 and cuDNN 9, and ONNX Runtime's CUDA libraries, which `npm run gpu:install` fetches",
  webgpu:
    "it needs a graphics driver with Vulkan 1.1 or later (on Linux, libvulkan.so.1) and float16 shaders",
  tensorrt:
    "it needs what cuda needs, and TensorRT 10's own libraries; `npm run gpu:install` fetches ONNX Runtime's part",
} as const satisfies Record<Exclude<ExecutionProvider, "cpu">, string>;

export interface ChosenProvider {
  readonly executionProvider: ExecutionProvider;
  /** Why a provider that `auto` prefers was not taken although its libraries are installed. */
  readonly passedOver: readonly string[];
}

/**
 * The provider that runs: the one asked for, or for `auto` CUDA where its libraries are installed and work, else the CPU.
 * Rejects with PROVIDER_UNAVAILABLE and what to install when the one asked for does not work.
 */
export async function chooseProvider(asked: "auto" | ExecutionProvider): Promise<ChosenProvider> {
  const passedOver: string[] = [];
  if (asked !== "auto") {
    if (asked !== "cpu") await expectToRun(asked);
    return { executionProvider: asked, passedOver };
  }
  if (existsSync(CUDA_LIBRARY)) {
    try {
      await expectToRun("cuda");
      return { executionProvider: "cuda", passedOver };
    } catch (error) {
      if (!(error instanceof InpaintError)) throw error;
      passedOver.push(`${error.message}; the CPU is used`);
    }
  }
  return { executionProvider: "cpu", passedOver };
}

/** Rejects with PROVIDER_UNAVAILABLE unless `provider` itself runs every operator, with the right result. */
async function expectToRun(provider: keyof typeof REMEDY): Promise<void> {
  const count = elementCount(PROBE_SHAPE);
  const x = { shape: PROBE_SHAPE, data: Float32Array.from({ length: count }, (_, i) => Math.cos(i * 0.7)) };
  const expected = await runProbe("cpu", x);
  let actual: Float32Array;
  try {
    actual = await runProbe(provider, x);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InpaintError(
      "PROVIDER_UNAVAILABLE",
      `execution provider ${provider} does not work here: ${REMEDY[provider]}. ONNX Runtime says: ${reason}`,
      { cause },
    );
  }
  const most = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
  // Written so that NaN fails too.
  if (!(worst <= PROBE_TOLERANCE * most)) {
    throw new InpaintError(
      "PROVIDER_UNAVAILABLE",
      `execution provider ${provider} computes wrongly: off by ${worst} of ${most} from the CPU`,
    );
  }
}

async function runProbe(
  executionProvider: ExecutionProvider,
  x: { readonly shape: readonly number[]; readonly data: Float32Array },
): Promise<Float32Array> {
  const session = await GraphSession.open(probeGraph(PRECISION_OF[executionProvider]), {
    weightsDirectory: ".",
    threads: 1,
    executionProvider,
    providerOnly: executionProvider !== "cpu",
  });
  try {
    return (await session.run({ x })).data;
  } finally {
    await session.release();
  }
}
