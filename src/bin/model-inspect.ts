/** @file `model inspect`: what a checkpoint is and what it lacks, without loading a weight. */

import { relative } from "node:path";
import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.js";
import {
  bytesOnDisk,
  type CheckpointFigures,
  describeCheckpoint,
} from "../checkpoint/describe-checkpoint.js";
import { problemsOf } from "../checkpoint/settle-parts.js";
import type { ModelOptions } from "../engine/protocol.js";
import { expectSchedule } from "../engine/worker/expect-schedule.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { type WeightProblem, weightProblems } from "../networks/weight-problems.js";
import { formatBytes, formatCount } from "./format-bytes.js";
import { namedModel } from "./named-model.js";
import { textTable } from "./text-table.js";

interface Figures extends CheckpointFigures {
  readonly bytesOnDisk: number;
}

interface Inspection {
  readonly figures?: Figures;
  readonly problems: readonly (WeightProblem | { readonly problem: string })[];
}

/** The exit code: 1 when the checkpoint has a problem. Throws INVALID_SETTING. */
export async function modelInspect(
  folder: string | undefined,
  { json = false }: { readonly json?: boolean },
): Promise<number> {
  const inspection = await inspect(namedModel(folder));
  process.stdout.write(json ? `${JSON.stringify(inspection, null, 2)}\n` : inText(inspection));
  return inspection.problems.length === 0 ? 0 : 1;
}

async function inspect(options: ModelOptions): Promise<Inspection> {
  try {
    const checkpoint = await openCheckpoint(options);
    const problems = [...weightProblems(checkpoint), ...scheduleProblems(checkpoint, options)];
    const figures = { ...describeCheckpoint(checkpoint), bytesOnDisk: await bytesOnDisk(checkpoint) };
    return { figures, problems };
  } catch (error) {
    if (!(error instanceof InpaintError)) throw error;
    return { problems: problemsOf(error).map((problem) => ({ problem })) };
  }
}

/** The server would not start with them. */
function scheduleProblems({ scheduler }: Checkpoint, options: ModelOptions): Inspection["problems"] {
  try {
    expectSchedule(scheduler, options);
    return [];
  } catch (error) {
    if (!(error instanceof InpaintError)) throw error;
    return [{ problem: error.message }];
  }
}

function inText({ figures, problems }: Inspection): string {
  const lines = problems.map((problem) =>
    "path" in problem ? `  ${problem.path}: ${problem.problem}` : `  ${problem.problem}`,
  );
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  const verdict = problems.length === 0 ? "Nothing is missing.\n" : `${count}:\n${lines.join("\n")}\n`;
  return figures === undefined ? verdict : `${figuresInText(figures)}\n${verdict}`;
}

function figuresInText(figures: Figures): string {
  const { nativeSize, memoryBytes } = figures;
  const typesOf = (types: Readonly<Record<string, number>>) => Object.keys(types).sort().join(", ");
  return (
    textTable([
      ["checkpoint", figures.source.path],
      ["chosen", figures.source.reason],
      ...figures.source.notTaken.map((path) => ["", `not ${path}`]),
      ["identity", figures.identity],
      ["architecture", figures.architecture],
      ["text encoder", figures.textEncoder],
      ["predicts", figures.predictionType],
      ["scheduler", figures.scheduler],
      ["native size", `${nativeSize.width}x${nativeSize.height}`],
      ["on disk", formatBytes(figures.bytesOnDisk)],
      [
        "memory",
        `${formatBytes(memoryBytes.cpuFloat32)} in float32 on the CPU, ${formatBytes(memoryBytes.gpuFloat16)} of weights in float16 on a GPU`,
      ],
    ]) +
    "\n" +
    textTable([
      ["network", "parameters", "bytes", "types", "file"],
      ...Object.values(figures.networks).map(({ name, parameters, bytes, types, path }) => [
        name,
        formatCount(parameters),
        formatBytes(bytes),
        typesOf(types),
        relative(figures.directory, path),
      ]),
      ["all", formatCount(figures.parameters)],
    ]) +
    figures.warnings.map((warning) => `\n${warning}\n`).join("")
  );
}
