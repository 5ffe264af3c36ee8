/** @file `inpaint-server model inspect` as a process: figures of a whole checkpoint, everything that another lacks. */
import assert from "node:assert/strict";
import { cp, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { EMBEDDED_MODEL_DIR } from "../../src/bin/package-paths.js";
import { copyCheckpoint, readTensors } from "../support/checkpoint-copy.js";
import { runCommand } from "../support/command.js";
import { randomCheckpointPath } from "../support/paths.js";
import { writeSafetensors } from "../support/safetensors-writer.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const WEIGHTS = {
  textEncoder: "text_encoder/model.safetensors",
  unet: "unet/diffusion_pytorch_model.safetensors",
  vae: "vae/diffusion_pytorch_model.safetensors",
} as const;

test("the embedded model is inspected where no folder is named, and is whole", async () => {
  const { code, stdout, stderr } = await runCommand(["model", "inspect"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(/^checkpoint +(\S+)$/m.exec(stdout)?.[1], EMBEDDED_MODEL_DIR);
  assert.match(stdout, /^architecture +Stable Diffusion 2 style, inpainting \(9 channels\)$/m);
  assert.match(stdout, /^Nothing is missing\.$/m);
});

test("of a model that is named, what it is", async () => {
  const { code, stdout, stderr } = await runCommand(["model", "inspect", randomCheckpointPath]);
  assert.deepEqual([code, stderr], [0, ""]);
  for (const line of [
    /^checkpoint +\S+random-checkpoint$/m,
    /^architecture +Stable Diffusion 2 style, inpainting \(9 channels\)$/m,
    /^text encoder +CLIP, 23 layers of width 24, gelu$/m,
    /^predicts +epsilon$/m,
    /^native size +512x512$/m,
    /^Nothing is missing\.$/m,
  ]) {
    assert.match(stdout, line);
  }
});

test("--json has the numbers that the files have", async () => {
  const { code, stdout } = await runCommand(["model", "inspect", randomCheckpointPath, "--json"]);
  assert.equal(code, 0);
  const { figures, problems } = JSON.parse(stdout);
  assert.deepEqual(problems, []);
  let all = 0;
  let bytesOnDisk = 0;
  for (const [name, path] of Object.entries(WEIGHTS)) {
    const tensors = [...(await readTensors(join(randomCheckpointPath, path))).values()];
    const floats = tensors.filter(({ dtype }) => dtype === "F32");
    const parameters = floats.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const found = figures.networks[name];
    assert.equal(found.parameters, parameters, name);
    assert.deepEqual(found.types, { F32: floats.length });
    assert.equal(found.bytes, 4 * parameters);
    all += parameters;
    bytesOnDisk += (await stat(join(randomCheckpointPath, path))).size;
  }
  assert.deepEqual([figures.parameters, figures.bytesOnDisk], [all, bytesOnDisk]);
  assert.deepEqual(figures.memoryBytes, { cpuFloat32: Math.round(4.4 * all), gpuFloat16: 2 * all });
});

test("everything that does not fit is listed, of every component, by tensor, with exit code 1", async (t) => {
  const folder = await copyCheckpoint(t);
  const removed = 30;
  const expected: string[] = [];
  for (const path of [WEIGHTS.textEncoder, WEIGHTS.vae]) {
    const file = join(folder, path);
    const entries = [...(await readTensors(file))];
    expected.push(...entries.slice(0, removed).map(([name]) => `${file}: ${name}: missing, expected shape`));
    await writeSafetensors(file, new Map(entries.slice(removed)));
  }
  const { code, stdout } = await runCommand(["model", "inspect", folder]);
  assert.equal(code, 1);
  assert.match(stdout, /^60 problems:$/m);
  for (const problem of expected) assert.ok(stdout.includes(problem), problem);
  assert.match(stdout, /^architecture +Stable Diffusion 2/m, "what it is is told all the same");
});

test("every file that is missing or unreadable is named, with exit code 1, in text and in JSON", async (t) => {
  const folder = await copyCheckpoint(t);
  await rm(join(folder, "unet/config.json"));
  await rm(join(folder, WEIGHTS.vae));
  await writeFile(join(folder, "tokenizer/vocab.json"), "[]");
  const text = await runCommand(["model", "inspect", folder]);
  assert.equal(text.code, 1);
  assert.match(text.stdout, /^3 problems:$/m);
  const expected = [
    /unet\/config\.json: this file is missing/,
    /vae\/diffusion_pytorch_model\.safetensors: this file is missing/,
    /tokenizer\/vocab\.json: /,
  ];
  for (const problem of expected) assert.match(text.stdout, problem);
  const json = await runCommand(["model", "inspect", folder, "--json"]);
  assert.equal(json.code, 1);
  const problems: { problem: string }[] = JSON.parse(json.stdout).problems;
  assert.equal(problems.length, 3);
  expected.forEach((problem, i) => {
    assert.match(problems[i]?.problem ?? "", problem);
  });
});

test("the reason for the choice is told, and what was not taken", async (t) => {
  const folder = await temporaryFolder(t);
  await cp(randomCheckpointPath, join(folder, "artifacts/model"), { recursive: true });
  await writeFile(join(folder, "512-inpainting-ema.ckpt"), "");
  const { code, stdout } = await runCommand(["model", "inspect", folder]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^chosen +a diffusers folder, preferred to single files$/m);
  assert.match(stdout, /^ +not \S+512-inpainting-ema\.ckpt$/m);
});

test("a setting that makes no sense is one line on stderr", async () => {
  const { code, stdout, stderr } = await runCommand(["model", "inspect"], { WORKER_THREADS: "many" });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^inpaint-server: WORKER_THREADS is "many"; [^\n]+\n$/);
});
