/** @file Which device, driver and libraries the figures are of. Knows no network. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { chooseProvider } from "../../src/runtime/choose-provider.js";
import type { ExecutionProvider } from "../../src/runtime/graph-session.js";
import { PRECISION_OF } from "../../src/runtime/precision.js";
import { rootPath } from "../support/paths.js";
import type { Report } from "./report.js";

const GPU_LIBRARY =
  /^lib(?:cudart|cudnn|cublas|nvinfer|nvrtc|vulkan|webgpu|dawn|onnxruntime_providers)\b.*\.so/;

/**
 * Runs the probe, whose every operator must run on `provider` itself. Rejects with PROVIDER_UNAVAILABLE. On the CPU
 * there is nothing to prove.
 */
export async function reportProvider(provider: ExecutionProvider, report: Report): Promise<void> {
  report.line(`processor:         ${cpus()[0]?.model}, ${availableParallelism()} cores`);
  for (const device of await nvidiaDevices()) report.line(`device:            ${device}`);
  report.line(`Node:              ${process.version}, ${process.platform} ${process.arch}`);
  report.line(`onnxruntime-node:  ${installedVersion("onnxruntime-node")}`);
  const { executionProvider } = await chooseProvider(provider);
  for (const library of loadedLibraries()) report.line(`library:           ${library}`);
  const proof =
    provider === "cpu"
      ? "every provider can fall back to it"
      : "every operator of the networks runs on it, fall-back forbidden, with the CPU's result";
  report.verdict(
    `provider ${executionProvider}, ${PRECISION_OF[executionProvider]}: ${proof}`,
    executionProvider === provider,
  );
}

/** One line of name, driver and memory per card; why there is none otherwise. */
async function nvidiaDevices(): Promise<readonly string[]> {
  return queryNvidia("name,driver_version,memory.total");
}

/** Memory in use on each card, by whomever. */
export async function reportDeviceMemory(report: Report): Promise<void> {
  for (const device of await queryNvidia("name,memory.used")) report.line(`memory in use:     ${device}`);
}

async function queryNvidia(fields: string): Promise<readonly string[]> {
  try {
    const query = [`--query-gpu=${fields}`, "--format=csv,noheader"];
    const { stdout } = await promisify(execFile)("nvidia-smi", query);
    return stdout.trim().split("\n");
  } catch (error) {
    return [`nvidia-smi does not answer: ${error instanceof Error ? error.message.split("\n")[0] : error}`];
  }
}

/** What this process has mapped, as libcudnn.so.9.1.0: versions stand in the names. Empty where there is no /proc. */
function loadedLibraries(): readonly string[] {
  const maps = "/proc/self/maps";
  if (!existsSync(maps)) return [];
  const names = readFileSync(maps, "utf8")
    .split("\n")
    .map((line) => basename(line.slice(line.lastIndexOf(" ") + 1)))
    .filter((name) => GPU_LIBRARY.test(name));
  return [...new Set(names)].sort();
}

function installedVersion(name: string): string {
  const text = readFileSync(join(rootPath, "node_modules", name, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
