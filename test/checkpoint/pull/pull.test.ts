/** @file Pulls into folders that are not empty, or not large enough. */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pull } from "../../../src/checkpoint/pull/pull.js";
import { LOCK_FILE } from "../../../src/checkpoint/pull/pull-lock.js";
import { readPulledManifest, writePulledManifest } from "../../../src/checkpoint/pulled-manifest.js";
import { FakeHub, type FakeHubOptions } from "../../support/fake-hub.js";
import { connectionTo } from "../../support/hub-connection.js";
import { DECOYS, REPO, readModelFiles } from "../../support/hub-model.js";
import { filesBelow, temporaryFolder } from "../../support/temporary-folder.js";

const model = await readModelFiles();
/** The random checkpoint with its weights replaced by what is there in a moment. */
const files = new Map([
  ...DECOYS,
  ...[...model].map(([path, bytes]) => [path, bytes.subarray(0, 20_000)] as const),
]);
const UNET = "unet/diffusion_pytorch_model.safetensors";
const wanted = [...model.keys(), ".pulled.json"].sort();

interface Place {
  readonly hub: FakeHub;
  readonly folder: string;
  run(order?: { variant?: string; only?: readonly string[] }): ReturnType<typeof pull>;
}

async function prepare(t: TestContext, options: Partial<FakeHubOptions> = {}): Promise<Place> {
  const hub = await FakeHub.start(t, { repo: REPO, files, ...options });
  const folder = await temporaryFolder(t);
  const run: Place["run"] = ({ variant, only = [] } = {}) =>
    pull(connectionTo(hub), { repo: REPO, revision: "main", variant, only, directory: folder }, () => {});
  return { hub, folder, run };
}

test("a folder with other files is left alone", async (t) => {
  const { folder, run } = await prepare(t);
  await writeFile(join(folder, "thesis.tex"), "");
  await assert.rejects(run(), { code: "PULL_FAILED", message: /holds other files \(thesis\.tex\)/ });
  assert.deepEqual(await filesBelow(folder), ["thesis.tex"]);
});

test("a finished folder gets back what was deleted from it, and nothing else is fetched", async (t) => {
  const { hub, folder, run } = await prepare(t);
  assert.equal((await run()).changed, true);
  assert.deepEqual(await filesBelow(folder), wanted);
  assert.equal((await run()).changed, false);
  await rm(join(folder, UNET));
  hub.requests.length = 0;
  assert.equal((await run()).changed, true);
  assert.deepEqual(await filesBelow(folder), wanted);
  assert.equal(hub.requests.filter(({ host }) => host === "cdn").length, 1);
});

test("a file that was changed is not overwritten", async (t) => {
  const { folder, run } = await prepare(t);
  await run();
  await writeFile(join(folder, UNET), "mine");
  await assert.rejects(run(), /unet\/diffusion_pytorch_model\.safetensors is not the file that was pulled/);
  assert.equal(await readFile(join(folder, UNET), "utf8"), "mine");
});

test("a second variant is laid beside the first, and both are in the manifest", async (t) => {
  const { folder, run } = await prepare(t);
  await run();
  await run({ variant: "fp16" });
  const manifest = await readPulledManifest(folder);
  assert.equal(manifest?.complete, true);
  const paths = manifest?.files.map(({ path }) => path) ?? [];
  assert.deepEqual([...paths, ".pulled.json"].sort(), await filesBelow(folder));
  assert.ok(paths.includes(UNET) && paths.includes("unet/diffusion_pytorch_model.fp16.safetensors"));
  assert.equal(paths.length, model.size + 3);
});

test("an unfinished pull of another variant leaves nothing that is not asked for and claims nothing that is not there", async (t) => {
  const { hub, folder, run } = await prepare(t);
  const fp16 = "unet/diffusion_pytorch_model.fp16.safetensors";
  hub.faults.set(fp16, { cuts: Array(9).fill(2000) });
  await assert.rejects(run({ variant: "fp16" }), /given up/);
  assert.ok((await filesBelow(folder)).includes(`${fp16}.incomplete`));
  await run();
  const manifest = await readPulledManifest(folder);
  const left = await filesBelow(folder);
  assert.ok(
    left.every((path) => !path.endsWith(".incomplete")),
    left.join(),
  );
  assert.deepEqual([...(manifest?.files.map(({ path }) => path) ?? []), ".pulled.json"].sort(), left);
});

test("a finished folder of another commit or repository is refused", async (t) => {
  const { folder, run } = await prepare(t);
  await run();
  const manifest = await readPulledManifest(folder);
  assert.ok(manifest);
  await writePulledManifest(folder, { ...manifest, commit: "f".repeat(40) });
  await assert.rejects(run(), /holds commit f{40} of .*and the hub now has 0123456789abcdef/);
  await writePulledManifest(folder, { ...manifest, repo: "org/other" });
  await assert.rejects(run(), /holds org\/other; name another folder/);
});

test("an unfinished folder of an older commit keeps what is equal and fetches what is not", async (t) => {
  const { hub, folder, run } = await prepare(t);
  await run();
  const manifest = await readPulledManifest(folder);
  assert.ok(manifest);
  const old = { algorithm: "sha256", hex: "e".repeat(64) } as const;
  await writePulledManifest(folder, {
    ...manifest,
    commit: "f".repeat(40),
    complete: false,
    files: manifest.files.map((file) => (file.path === UNET ? { ...file, hash: old } : file)),
  });
  hub.requests.length = 0;
  await run();
  const fetched = hub.requests.map(({ path }) => path).filter((path) => path.includes("/resolve/"));
  assert.deepEqual(
    fetched.map((path) => path.slice(path.lastIndexOf("/") + 1)),
    ["diffusion_pytorch_model.safetensors", "model_index.json"],
  );
  assert.deepEqual(await filesBelow(folder), wanted);
});

const shard = (i: number) =>
  `unet/diffusion_pytorch_model-${String(i).padStart(5, "0")}-of-00900.safetensors`;

test("what does not fit on the disk is refused before a byte is fetched", async (t) => {
  const terabyte = 2 ** 40;
  const { hub, folder, run } = await prepare(t, {
    files: new Map([
      ...files,
      ...Array.from({ length: 900 }, (_, i) => [shard(i + 1), new Uint8Array(1)] as const),
    ]),
    listed: (entry) =>
      /-of-00900/.test(String(entry.path))
        ? { ...entry, size: terabyte, lfs: { oid: "a".repeat(64), size: terabyte, pointerSize: 134 } }
        : entry,
    pageSize: 1000,
  });
  const only = Array.from({ length: 900 }, (_, i) => shard(i + 1));
  await assert.rejects(run({ only }), {
    code: "PULL_FAILED",
    message: /989560464998400 bytes are to come.*but the disk has \d+$/,
  });
  assert.equal(hub.bytesServed, 0);
  assert.deepEqual(await filesBelow(folder), []);
});

test("a repository cannot name the files that a pull keeps for itself", async (t) => {
  for (const name of [".pulled.json", ".pull.lock", "model.safetensors.incomplete"]) {
    const { folder, run } = await prepare(t, { files: new Map([[name, new Uint8Array(3)]]) });
    await assert.rejects(run({ only: [name] }), /a pull keeps that name for itself/);
    assert.deepEqual(await filesBelow(folder), []);
  }
});

test("a lock of another host is respected, and named", async (t) => {
  const { folder, run } = await prepare(t);
  const lock = { pid: 1, host: "another-host", started: "1" };
  await writeFile(join(folder, LOCK_FILE), JSON.stringify(lock));
  await assert.rejects(run(), (error: Error) => {
    assert.match(error.message, /process 1 on another-host is pulling into this folder/);
    return error.message.includes(join(folder, LOCK_FILE));
  });
});

test("a lock whose number belongs to another process by now is taken over", async (t) => {
  const { folder, run } = await prepare(t);
  const lock = { pid: process.pid, host: hostname(), started: "1" };
  await writeFile(join(folder, LOCK_FILE), JSON.stringify(lock));
  await run();
  assert.deepEqual(await filesBelow(folder), wanted);
});

test("a folder in the place of a file is an error that names it", async (t) => {
  const { folder, run } = await prepare(t);
  await run();
  await rm(join(folder, UNET));
  await mkdir(join(folder, UNET));
  await assert.rejects(run(), /unet\/diffusion_pytorch_model\.safetensors is not the file that was pulled/);
});
