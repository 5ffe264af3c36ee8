/** @file Which links are followed: those within the model's folder, and those of a hub cache into its own blobs. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { realFileWithin } from "../../../src/checkpoint/files/real-file-within.js";
import { assertRefused } from "../../support/refusal.js";

const folder = await realpath(await mkdtemp(join(tmpdir(), "links-")));
after(() => rm(folder, { recursive: true }));

async function file(...parts: readonly string[]): Promise<string> {
  const path = join(folder, ...parts);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "x");
  return path;
}

async function link(target: string, ...parts: readonly string[]): Promise<string> {
  const path = join(folder, ...parts);
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
  return path;
}

const secret = await file("secret", "weights");

test("a file in the folder, and a link within it", async () => {
  const path = await file("plain", "unet", "weights");
  assert.equal(await realFileWithin(join(folder, "plain"), path), path);
  assert.equal(await realFileWithin(path, path), path, "the operator named the file itself");
  const within = await link("../unet/weights", "plain", "vae", "weights");
  assert.equal(await realFileWithin(join(folder, "plain"), within), path);
});

test("the folder may itself be a link", async () => {
  const path = await file("mounted", "weights");
  const root = await link("mounted", "model");
  assert.equal(await realFileWithin(root, join(root, "weights")), path);
});

test("a link out of the folder is refused, absolute or relative, and through a folder", async () => {
  const root = join(folder, "leaky");
  for (const [target, name] of [
    [secret, "a"],
    ["../secret/weights", "b"],
  ] as const) {
    const path = await link(target, "leaky", name);
    await assertRefused(
      realFileWithin(root, path),
      path,
      /a link to .*secret\/weights, which lies outside of .*leaky/,
    );
  }
  await link("../secret", "leaky", "folder");
  const path = join(root, "folder", "weights");
  await assertRefused(realFileWithin(root, path), path, /outside of/);
});

test("a folder whose name begins like the root's is not within it", async () => {
  await file("root", "x");
  const path = await link(await file("root-2", "weights"), "root", "w");
  await assertRefused(realFileWithin(join(folder, "root"), path), path, /outside of/);
});

test("a hub cache's snapshot leads to its own repository's blobs, and no further", async () => {
  const [ours, theirs] = ["models--sd2-community--inpainting", "models--someone--else"];
  const blob = await file("hub", ours, "blobs", "0a1b");
  const other = await file("hub", theirs, "blobs", "2c3d");
  const snapshot = join(folder, "hub", ours, "snapshots", "abc");
  const good = await link("../../../blobs/0a1b", "hub", ours, "snapshots", "abc", "unet", "w");
  for (const root of [snapshot, join(folder, "hub", ours), join(folder, "hub")]) {
    assert.equal(await realFileWithin(root, good), blob);
  }
  const bad = join(snapshot, "other");
  await symlink(other, bad);
  await assertRefused(
    realFileWithin(snapshot, bad),
    bad,
    /outside of .*models--sd2-community--inpainting.blobs$/,
  );
  const strange = await link(await file("hub", ours, "secret"), "hub", ours, "snapshots", "abc", "strange");
  await assertRefused(realFileWithin(snapshot, strange), strange, /secret, which lies outside of/);
});

test("what leads nowhere is named", async () => {
  const root = join(folder, "plain");
  const missing = join(root, "missing");
  await assertRefused(realFileWithin(root, missing), missing, /this file is missing/);
  const loop = await link("loop", "plain", "loop");
  await assertRefused(realFileWithin(root, loop), loop, /a link that leads to itself/);
  const through = join(root, "unet", "weights", "deeper");
  await assertRefused(realFileWithin(root, through), through, /this file cannot be reached/);
});
