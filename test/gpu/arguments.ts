/** @file What the GPU check is asked for on its command line. Knows the words; opens nothing. */
import { parseArgs } from "node:util";
import { EXECUTION_PROVIDERS, type ExecutionProvider } from "../../src/runtime/graph-session.js";

export const USAGE = `usage: test/gpu/run [--provider ${EXECUTION_PROVIDERS.join("|")}] [--checkpoint FOLDER]
                    [--batches 1,2,4] [--skip-full-size] [--emulate-float16] [--out FILE]

--provider         what computes; without it EXECUTION_PROVIDER, without that cuda
--checkpoint       time this checkpoint; without it a full-size random one is written, 2.6 GB, and deleted at the end
--batches          rows of one UNet call; with guidance an image takes two. Without it 1,2,4,8,16
--skip-full-size   compare with the goldens only, time nothing
--emulate-float16  cpu only: every value rounded to float16, as a GPU's are
--out              append what is printed to FILE too
`;

/** A job's rows are two; more in one call than any card holds is a slip of the finger. */
const MAX_ROWS = 256;

export interface GpuCheckOptions {
  readonly provider: ExecutionProvider;
  /** Absent: a full-size random one is written. */
  readonly checkpoint?: string;
  /** Rows of one UNet call, each ≥ 1. */
  readonly batches: readonly number[];
  readonly skipFullSize: boolean;
  readonly emulateFloat16: boolean;
  readonly out?: string;
}

/** Throws an Error that names the argument when one is wrong. */
export function parseArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): GpuCheckOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      provider: { type: "string", default: environment.EXECUTION_PROVIDER || "cuda" },
      checkpoint: { type: "string" },
      batches: { type: "string", default: "1,2,4,8,16" },
      "skip-full-size": { type: "boolean", default: false },
      "emulate-float16": { type: "boolean", default: false },
      out: { type: "string" },
    },
  });
  const provider = EXECUTION_PROVIDERS.find((name) => name === values.provider);
  if (provider === undefined) {
    throw new Error(`--provider ${values.provider}: not one of ${EXECUTION_PROVIDERS.join(", ")}`);
  }
  if (values["emulate-float16"] && provider !== "cpu") {
    throw new Error(`--emulate-float16: ${provider} rounds by itself; only cpu can be made to`);
  }
  if (values["skip-full-size"] && values.checkpoint !== undefined) {
    throw new Error("--checkpoint names what is timed, and --skip-full-size times nothing");
  }
  return {
    provider,
    batches: parseBatches(values.batches),
    skipFullSize: values["skip-full-size"],
    emulateFloat16: values["emulate-float16"],
    ...(values.checkpoint !== undefined && { checkpoint: values.checkpoint }),
    ...(values.out !== undefined && { out: values.out }),
  };
}

function parseBatches(text: string): readonly number[] {
  return text.split(",").map((part) => {
    const rows = Number(part);
    if (!/^\d+$/.test(part) || rows < 1 || rows > MAX_ROWS) {
      throw new Error(`--batches ${text}: ${JSON.stringify(part)} is not a number of rows, 1 to ${MAX_ROWS}`);
    }
    return rows;
  });
}
