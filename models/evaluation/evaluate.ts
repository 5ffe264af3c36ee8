/**
 * @file Measures the embedded model (or another checkpoint) over HTTP, on a server with its default settings, and
 * prints the figures. Knows which parts there are; each measures by itself.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMBEDDED_MODEL_DIR } from "../../src/bin/package-paths.js";
import { PAIRS } from "./cases/steering-case.js";
import { InpaintingServer } from "./inpainting-server.js";
import { type EvaluationOptions, parseArguments, USAGE } from "./options.js";
import { measureContinuity } from "./parts/continuity.js";
import { classicFillers, type FilledScenes, measureScenes, servedBy } from "./parts/held-out-scenes.js";
import { measureSteering } from "./parts/steering.js";
import { measureTime } from "./parts/timing.js";
import { continuityReport, scenesReport, steeringReport, timeReport } from "./report.js";
import type { Progress } from "./several-at-once.js";
import { subjectOf } from "./subject.js";
import { writeUntrainedCopy } from "./untrained-copy.js";

const say = (text: string) => process.stdout.write(`${text}\n\n`);

/** A line for every tenth. */
const progress: Progress = (what, done, total) => {
  const tenth = (count: number) => Math.floor((10 * count) / total);
  if (tenth(done) > tenth(done - 1)) process.stderr.write(`${what}: ${done} of ${total}\n`);
};

async function evaluate(options: EvaluationOptions): Promise<void> {
  const { side, modelDir = EMBEDDED_MODEL_DIR } = options;
  const server = await InpaintingServer.start(options.modelDir);
  try {
    const parts = {
      time: async () => {
        const figures = [await measureTime(server, 512), await measureTime(server, 256)];
        return { figures, text: timeReport(figures) };
      },
      continuity: async () => {
        const figures = await measureContinuity(server, { count: options.textures, side, progress });
        return { figures, text: continuityReport(figures) };
      },
      steering: async () => {
        const { casesPerPair: repeats, casesPerHeldOutPair: heldOutRepeats } = options;
        const asked = { pairs: PAIRS, repeats, heldOutRepeats, side, progress };
        const figures = await measureSteering(server, asked);
        return { figures, text: steeringReport(figures) };
      },
      scenes: async () => {
        const filled = await filledScenes(server, modelDir, options);
        return { figures: Object.fromEntries(filled), text: scenesReport(filled) };
      },
    };
    const measured: Record<string, unknown> = { options, subject: await subjectOf(modelDir) };
    for (const part of ["time", "continuity", "steering", "scenes"] as const) {
      if (!options.parts.includes(part)) continue;
      const { figures, text } = await parts[part]();
      say(text);
      measured[part] = figures;
      // after each: a later part may take an hour
      if (options.jsonFile !== undefined)
        await writeFile(options.jsonFile, `${JSON.stringify(measured, undefined, 1)}\n`);
    }
  } finally {
    await server.stop();
  }
}

/** The model and the classic ways on each scene, then the same network untrained on all of them again. */
async function filledScenes(
  server: InpaintingServer,
  modelDir: string,
  { scenes: count, side }: EvaluationOptions,
): Promise<ReadonlyMap<string, FilledScenes>> {
  const options = { count, side, progress };
  const folder = await mkdtemp(join(tmpdir(), "untrained-"));
  try {
    await writeUntrainedCopy(modelDir, folder);
    const filled = await measureScenes(
      { "the model": servedBy(server), ...(await classicFillers()) },
      options,
    );
    const untrained = await InpaintingServer.start(folder);
    try {
      const others = await measureScenes({ "the untrained network": servedBy(untrained) }, options);
      return new Map([...filled, ...others]);
    } finally {
      await untrained.stop();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

try {
  await evaluate(parseArguments(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`evaluate: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}
