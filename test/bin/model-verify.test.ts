/** @file `inpaint-server model verify` as a process: hashes of a pull and of a hub cache, networks that run. */
import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type TestContext, test } from "node:test";
import { writePulledManifest } from "../../src/checkpoint/pulled-manifest.js";
import { copyCheckpoint, readTensors } from "../support/checkpoint-copy.js";
import { changeJson } from "../support/checkpoint-layouts.js";
import { runCommand } from "../support/command.js";
import { COMMIT, gitSha1, sha256 } from "../support/fake-hub.js";
import { REPO, readModelFiles } from "../support/hub-model.js";
import { randomCheckpointPath } from "../support/paths.js";
import { writeSafetensors } from "../support/safetensors-writer.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const model = await readModelFiles();
const VAE = "vae/diffusion_pytorch_model.safetensors";

interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

async function verify(
  folder: string,
): Promise<{ readonly code: number | null; readonly checks: readonly Check[] }> {
  const { code, stdout, stderr } = await runCommand(["model", "verify", folder, "--json"], {
    WORKER_THREADS: "1",
  });
  assert.equal(stderr, "");
  const { ok, checks } = JSON.parse(stdout);
  assert.equal(ok, code === 0);
  return { code, checks };
}

/** A folder as a pull leaves it. */
async function pulledFolder(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await cp(randomCheckpointPath, folder, { recursive: true });
  const files = [...model].map(([path, bytes]) => ({
    path,
    size: bytes.length,
    hash: path.endsWith(".safetensors")
      ? ({ algorithm: "sha256", hex: sha256(bytes) } as const)
      : ({ algorithm: "git-sha1", hex: gitSha1(bytes) } as const),
  }));
  await writePulledManifest(folder, { repo: REPO, revision: "main", commit: COMMIT, complete: true, files });
  return folder;
}

/** The model as the hub's own clients keep it: links in a snapshot to blobs that are named by their hash. */
async function hubCache(t: TestContext): Promise<string> {
  const repository = join(await temporaryFolder(t), "models--org--model");
  const snapshot = join(repository, "snapshots", COMMIT);
  await mkdir(join(repository, "blobs"), { recursive: true });
  for (const [path, bytes] of model) {
    const blob = join(repository, "blobs", path.endsWith(".safetensors") ? sha256(bytes) : gitSha1(bytes));
    await writeFile(blob, bytes);
    await mkdir(dirname(join(snapshot, path)), { recursive: true });
    await symlink(relative(dirname(join(snapshot, path)), blob), join(snapshot, path));
  }
  return snapshot;
}

async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1; // in the weights, past the header
  await writeFile(path, bytes);
}

for (const [what, make] of [
  ["a pulled folder", pulledFolder],
  ["a hub cache", hubCache],
] as const) {
  test(`${what}: every file has the hub's hash, every network runs; one bit that differs is found`, async (t) => {
    const folder = await make(t);
    const whole = await verify(folder);
    assert.equal(whole.code, 0, JSON.stringify(whole.checks));
    const hashed = whole.checks
      .filter(({ detail }) => / as on the hub$/.test(detail))
      .map((check) => check.what);
    assert.deepEqual(hashed, [...model.keys()].sort());
    const ran = whole.checks.filter(({ detail }) => /^ran once/.test(detail)).map((check) => check.what);
    assert.deepEqual(ran, ["text encoder", "VAE encoder", "UNet", "VAE decoder"]);

    await damage(join(folder, VAE));
    const { code, checks } = await verify(folder);
    assert.equal(code, 1);
    const failed = checks.filter(({ ok }) => !ok);
    assert.deepEqual(
      failed.map((check) => check.what),
      [VAE],
    );
    assert.match(failed[0]?.detail ?? "", /^sha256 is [0-9a-f]{64}, on the hub [0-9a-f]{64}: delete it/);
  });
}

test("a pulled folder that lacks a file, and has a shorter one", async (t) => {
  const folder = await pulledFolder(t);
  await rm(join(folder, "tokenizer/merges.txt"));
  await writeFile(join(folder, "vae/config.json"), "{}");
  const { code, checks } = await verify(folder);
  assert.equal(code, 1);
  const failed = new Map(checks.filter(({ ok }) => !ok).map(({ what, detail }) => [what, detail]));
  assert.match(failed.get("tokenizer/merges.txt") ?? "", /ENOENT/);
  assert.match(failed.get("vae/config.json") ?? "", /has 2 bytes, the hub's file has \d+/);
  assert.match(failed.get("headers") ?? "", /vae\/config\.json/);
});

test("weights that hold NaN are found by the network that has them; no hash is known there", async (t) => {
  const folder = await copyCheckpoint(t);
  const path = join(folder, VAE);
  const tensors = await readTensors(path);
  const bias = tensors.get("decoder.conv_in.bias");
  assert.ok(bias);
  tensors.set("decoder.conv_in.bias", {
    ...bias,
    bytes: new Uint8Array(new Float32Array(bias.bytes.length / 4).fill(Number.NaN).buffer),
  });
  await writeSafetensors(path, tensors);
  const { code, stdout } = await runCommand(["model", "verify", folder], { WORKER_THREADS: "1" });
  assert.equal(code, 1);
  assert.match(stdout, /^ok .* hashes: none is known/m);
  assert.match(stdout, /^ok .* UNet: ran once/m);
  assert.match(stdout, /^FAILED .*the VAE decoder answers NaN or infinity/m);
  assert.match(stdout, /^1 failed, of \d+ checks\.$/m);
});

test("a path where nothing is, and a damaged file of a hub cache, are checks that failed", async (t) => {
  const nothing = join(await temporaryFolder(t), "nothing");
  const missing = await verify(nothing);
  assert.equal(missing.code, 1);
  assert.deepEqual(missing.checks[0]?.detail, `${nothing}: there is no such file or folder`);

  const single = join(await hubCache(t), VAE);
  await writeFile(single, "no weights");
  const { code, checks } = await verify(single);
  assert.equal(code, 1);
  const failed = checks.filter(({ ok }) => !ok).map(({ what, detail }) => `${what}: ${detail}`);
  assert.match(failed[0] ?? "", /^headers: .*neither a safetensors file nor a torch file/);
  assert.match(failed[1] ?? "", /sha256 is [0-9a-f]{64}, on the hub /);
  assert.equal(failed.length, 2);
});

test("a scheduler that the server would refuse fails, here as in inspect; DEFAULT_SCHEDULER heals it", async (t) => {
  const folder = await copyCheckpoint(t);
  await changeJson(join(folder, "scheduler/scheduler_config.json"), { _class_name: "EDMEulerScheduler" });
  const { code, checks } = await verify(folder);
  assert.equal(code, 1);
  const failed = checks.filter(({ ok }) => !ok);
  assert.deepEqual(
    failed.map(({ what }) => what),
    ["scheduler"],
  );
  const inspected = await runCommand(["model", "inspect", folder]);
  assert.equal(inspected.code, 1);
  for (const text of [failed[0]?.detail ?? "", inspected.stdout]) {
    assert.match(text, /the checkpoint's scheduler is "EDMEulerScheduler", which is not one of PNDM/);
  }
  const healed = await runCommand(["model", "inspect", folder], { DEFAULT_SCHEDULER: "DDIM" });
  assert.equal(healed.code, 0, healed.stdout);
});

test("what is no checkpoint fails with its reason and runs nothing", async (t) => {
  const folder = await temporaryFolder(t);
  const { code, checks } = await verify(folder);
  assert.equal(code, 1);
  assert.match(checks[0]?.detail ?? "", /model_index\.json: this file is missing/);
  assert.ok(checks.every(({ what }) => what !== "sessions"));
  assert.deepEqual(await readdir(folder), []);
});
