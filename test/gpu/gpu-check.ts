/**
 * @file The check that a GPU (or any other provider) computes what the reference does, and how fast: see test/gpu/run.
 * Knows the order of the parts. Ends with 1 when something was past its limit, with 2 when the arguments are wrong.
 */
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { FULL_SIZE_GOLDENS } from "../full-size/full-size-goldens.js";
import { ARCHITECTURE_GOLDENS, WHOLE_IMAGE_GOLDENS } from "../support/image-goldens.js";
import { NETWORK_GOLDENS } from "../support/network-goldens.js";
import { randomCheckpointPath } from "../support/paths.js";
import { type GpuCheckOptions, parseArguments, USAGE } from "./arguments.js";
import { compareImages } from "./compare-images.js";
import { compareNetworks } from "./compare-networks.js";
import { hasSeededWeights, withCheckpoint } from "./full-size-checkpoint.js";
import { openModel, precisionOf } from "./open-model.js";
import { reportDeviceMemory, reportProvider } from "./provider-report.js";
import { Report } from "./report.js";
import { reportRowDependence } from "./row-dependence.js";
import { reportThroughput } from "./throughput.js";
import { UnetRows } from "./unet-rows.js";

const options = readArguments();
if (options === undefined) process.exitCode = 2;
else {
  const report = new Report(options.out);
  try {
    await check(options, report);
  } catch (error) {
    const reason = error instanceof InpaintError ? `${error.code}: ${error.message}` : String(error);
    report.verdict(reason, false);
  }
  report.line();
  report.line(report.failures === 0 ? "all ok" : `${report.failures} FAILED`);
  if (report.failures > 0) process.exitCode = 1;
}

function readArguments(): GpuCheckOptions | undefined {
  try {
    return parseArguments(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return undefined;
  }
}

async function check(options: GpuCheckOptions, report: Report): Promise<void> {
  const precision = precisionOf(options);
  await reportProvider(options.provider, report);
  if (options.emulateFloat16) report.line("every value is rounded to float16");

  report.line();
  const model = await openModel(randomCheckpointPath, options);
  await compareNetworks(model.networks, NETWORK_GOLDENS, precision, report);
  await model.release();

  report.line();
  const goldens = [...WHOLE_IMAGE_GOLDENS, ...ARCHITECTURE_GOLDENS];
  await compareImages(goldens, (modelDir) => openModel(modelDir, options), precision, report);

  if (options.skipFullSize) return;
  report.line();
  await withCheckpoint(options.checkpoint, precision, report, (folder) => time(folder, options, report));
}

async function time(folder: string, options: GpuCheckOptions, report: Report): Promise<void> {
  const startMs = performance.now();
  const model = await openModel(folder, options);
  report.line(`${folder} opened in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  try {
    if (await hasSeededWeights(folder)) {
      await compareNetworks(model.networks, FULL_SIZE_GOLDENS, precisionOf(options), report);
      report.line();
    }
    const rows = await UnetRows.create(model);
    await reportThroughput(model, rows, options.batches, report);
    report.line();
    await reportRowDependence(rows, options.batches, options.provider === "cpu", report);
    if (options.provider !== "cpu") await reportDeviceMemory(report);
  } finally {
    await model.release();
  }
}
