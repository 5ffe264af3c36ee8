/** @file The hub's library against a hub of this machine: what it lists, and what of a foreign listing is refused. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { listRepo } from "../../../src/checkpoint/pull/hub-listing.js";
import { COMMIT, FakeHub, type FakeHubOptions, gitSha1, sha256 } from "../../support/fake-hub.js";
import { connectionTo } from "../../support/hub-connection.js";
import { DECOYS, REPO } from "../../support/hub-model.js";

async function list(t: TestContext, changes: Partial<FakeHubOptions> = {}) {
  const hub = await FakeHub.start(t, { repo: REPO, files: DECOYS, ...changes });
  return {
    hub,
    listing: await listRepo(connectionTo(hub, { token: "token-of-another-kind" }), REPO, "main"),
  };
}

test("every file of every page, with the hash that its kind has", async (t) => {
  const { hub, listing } = await list(t);
  assert.equal(listing.commit, COMMIT);
  const expected = [...DECOYS].map(([path, bytes]) => ({
    path,
    size: bytes.length,
    hash: /\.(json|md|gitattributes)$/.test(path)
      ? { algorithm: "git-sha1", hex: gitSha1(bytes) }
      : { algorithm: "sha256", hex: sha256(bytes) },
  }));
  assert.deepEqual(listing.files, expected);
  assert.ok(hub.requests.length > 3, "in several pages");
  assert.ok(hub.requests.every(({ authorization }) => authorization === "Bearer token-of-another-kind"));
});

for (const path of [
  "/etc/passwd",
  "../outside.json",
  "unet/../../outside.json",
  "unet//config.json",
  "./config.json",
  "unet\\config.json",
  "C:config.json",
  "config\u0000.json",
  "config\n.json",
  "",
  `${"x/".repeat(300)}y`,
]) {
  test(`a listing that names ${JSON.stringify(path).slice(0, 30)} is refused whole`, async (t) => {
    const listed = (entry: Readonly<Record<string, unknown>>) =>
      entry.path === "README.md" ? { ...entry, path } : entry;
    await assert.rejects(list(t, { listed }), {
      code: "PULL_FAILED",
      message: /its listing names ".*, which would not lie below the folder; nothing is taken/,
    });
  });
}

for (const [what, change, message] of [
  ["a size below zero", { size: -1 }, /entry \d+ of its listing is not as expected: .*size/],
  ["a size beyond all measure", { size: 2 ** 50 }, /size/],
  ["no hash", { oid: undefined, lfs: undefined }, /oid/],
  ["a hash that is none", { lfs: { oid: "abc", size: 5000 } }, /lfs/],
  ["two sizes", { size: 1 }, /gives unet\/diffusion_pytorch_model\.bin two sizes, 1 and 5000/],
  ["a path that is no text", { path: 7 }, /path/],
] as const) {
  test(`a file with ${what} is refused`, async (t) => {
    const listed = (entry: Readonly<Record<string, unknown>>) =>
      entry.path === "unet/diffusion_pytorch_model.bin" ? { ...entry, ...change } : entry;
    await assert.rejects(list(t, { listed }), { code: "PULL_FAILED", message });
  });
}

test("a listing that goes on at another host is refused, and that host hears nothing", async (t) => {
  const other = await FakeHub.start(t, { repo: REPO, files: DECOYS });
  await assert.rejects(list(t, { nextPage: `${other.url}/api/models/${REPO}/tree/${COMMIT}?cursor=5` }), {
    message: /the listing goes on at http:\/\/127\.0\.0\.1:\d+, which is not the hub/,
  });
  assert.deepEqual(other.requests, []);
});

test("a hub that cannot be reached is given up after some attempts", async (t) => {
  const hub = await FakeHub.start(t, { repo: REPO, files: DECOYS });
  const gone = connectionTo({ url: hub.url.replace(/:\d+$/, ":9") });
  await assert.rejects(listRepo(gone, REPO, "main"), {
    code: "PULL_FAILED",
    message: /bad port|ECONNREFUSED/,
  });
});

test("a pull that is stopped before it lists is CANCELLED", async (t) => {
  const hub = await FakeHub.start(t, { repo: REPO, files: DECOYS });
  await assert.rejects(listRepo(connectionTo(hub, { signal: AbortSignal.abort() }), REPO, "main"), {
    code: "CANCELLED",
  });
});
