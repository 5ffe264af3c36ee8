/**
 * @file Measures the embedded model (or another checkpoint) over HTTP, on a server with its default settings, and
 * prints the figures. Knows which parts there are; each measures by itself.
 */
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PAIRS } from "./cases/steering-case.js";
import { InpaintingServer } from "./inpainting-server.js";
import { type EvaluationOptions, parseArguments, USAGE } from "./options.js";
import { measureContinuity } from "./parts/continuity.js";
import { classicFillers, type FilledScenes, measureScenes, servedBy } from "./parts/held-out-scenes.js";
import { measureSteering } from "./parts/steering.js";
import { measureTime } from "./parts/timing.js";
import { continuityReport, scenesReport, steeringReport, timeReport } from "./report.js";
import type { Progress } from "./several-at-once.js";

const say = (text: string) => process.stdout.write(`${text}\n\n`);

/** A line for every tenth. */
const progress: Progress = (what, done, total) => {
  const tenth = (count: number) => Math.floor((10 * count) / total);
  if (tenth(done) > tenth(done - 1)) process.stderr.write(`${what}: ${done} of ${total}\n`);
};

async function evaluate(options: EvaluationOptions): Promise<void> {
  const { parts, side } = options;
  const measured: Record<string, unknown> = { options };
  if (parts.includes("scenes")) await findModel(options.untrainedDir);
  const server = await InpaintingServer.start(options.modelDir);
  try {
    if (parts.includes("time")) {
      const timings = [await measureTime(server, 512), await measureTime(server, 256)];
      measured.time = timings;
      say(timeReport(timings));
    }
    if (parts.includes("continuity")) {
      const cases = await measureContinuity(server, { count: options.textures, side, progress });
      measured.continuity = cases;
      say(continuityReport(cases));
    }
    if (parts.includes("steering")) {
      const steering = await measureSteering(server, {
        pairs: PAIRS,
        repeats: options.casesPerPair,
        side,
        progress,
      });
      measured.steering = steering;
      say(steeringReport(steering));
    }
    if (parts.includes("scenes")) {
      const filled = await filledScenes(server, options);
      measured.scenes = Object.fromEntries(filled);
      say(scenesReport(filled));
    }
  } finally {
    await server.stop();
  }
  if (options.jsonFile !== undefined)
    await writeFile(options.jsonFile, `${JSON.stringify(measured, undefined, 1)}\n`);
}

/** The model and the classic ways on each scene, then the untrained network on all of them again. */
async function filledScenes(
  server: InpaintingServer,
  { scenes: count, side, untrainedDir }: EvaluationOptions,
): Promise<ReadonlyMap<string, FilledScenes>> {
  const options = { count, side, progress };
  const filled = await measureScenes({ "the model": servedBy(server), ...(await classicFillers()) }, options);
  const untrained = await InpaintingServer.start(untrainedDir);
  try {
    const random = await measureScenes({ "the untrained network": servedBy(untrained) }, options);
    return new Map([...filled, ...random]);
  } finally {
    await untrained.stop();
  }
}

/** Before an hour of measuring, not after it. */
async function findModel(folder: string): Promise<void> {
  await access(join(folder, "model_index.json")).catch(() => {
    throw new Error(`${folder} holds no checkpoint with random weights; name another by --untrained`);
  });
}

try {
  await evaluate(parseArguments(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`evaluate: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}
