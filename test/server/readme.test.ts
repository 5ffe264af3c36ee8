/** @file The README's curl command, as pasted, against a server that serves the embedded model, as none is named. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { rootPath } from "../support/paths.js";
import { codec } from "../support/sample.js";
import { startReadyServer } from "../support/server-process.js";

const run = promisify(execFile);

const infoSchema = z.object({ model: z.object({ name: z.string() }) });
const README_STEPS = '"num_inference_steps": 20';
const FEWER_STEPS = '"num_inference_steps": 2';

test("the README's curl writes a picture by the embedded model", async (t) => {
  const readme = await readFile(join(rootPath, "README.md"), "utf8");
  const command = /<!-- curl -->\s+```sh\n([\s\S]+?)```/.exec(readme)?.[1];
  assert.ok(command, "the README has its curl between the markers");
  assert.ok(command.includes("http://localhost:5001/score") && command.includes("> result.png"));
  assert.ok(command.includes(README_STEPS));

  const folder = await mkdtemp(join(tmpdir(), "readme-"));
  t.after(() => rm(folder, { recursive: true }));
  const result = join(folder, "result.png");
  const server = await startReadyServer(t, { MODEL_DIR: "" });
  const { model } = infoSchema.parse(JSON.parse((await server.get("/info")).text));
  assert.equal(model.name, "stable-diffusion-2-inpainting-tiny");
  // What two test runs on one machine could not share is replaced, the port and where the picture goes; and a few steps
  // stand for many.
  const here = command
    .replace("http://localhost:5001", server.url)
    .replace("> result.png", `> '${result}'`)
    .replace(README_STEPS, FEWER_STEPS);
  await run("bash", ["-euo", "pipefail", "-c", here], { cwd: rootPath });

  const { width, height } = await codec.decode(await readFile(result));
  assert.deepEqual([width, height], [512, 512]);
});
