/** @file `inpaint-server model pull` as a process, against a hub on this machine. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { readPulledManifest } from "../../src/checkpoint/pulled-manifest.js";
import { runCommand, startCommand } from "../support/command.js";
import { COMMIT, FakeHub, sha256 } from "../support/fake-hub.js";
import { DECOYS, REPO, readModelFiles } from "../support/hub-model.js";
import { noiseWords } from "../support/integer-noise.js";
import { filesBelow, temporaryFolder } from "../support/temporary-folder.js";

const TOKEN = "hf_aTokenOfNobody";
const model = await readModelFiles();
const modelBytes = [...model.values()].reduce((total, { length }) => total + length, 0);

async function assertWhole(folder: string): Promise<void> {
  assert.deepEqual(await filesBelow(folder), [...model.keys(), ".pulled.json"].sort());
  for (const [path, bytes] of model) {
    assert.equal(sha256(await readFile(join(folder, path))), sha256(bytes), path);
  }
  assert.equal((await readPulledManifest(folder))?.complete, true);
}

test("every file cut three times, the client killed once: at most 1.05 × the bytes, every sha256 equal", async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed of the cuts: ${seed}`);
  const hub = await FakeHub.start(t, { repo: REPO, files: new Map([...DECOYS, ...model]), token: TOKEN });
  for (const [i, [path, bytes]] of [...model].entries()) {
    const cuts = [...noiseWords(3, seed + i)].map((word) => 1 + (word % (bytes.length - 1)));
    hub.faults.set(path, { cuts: cuts.sort((a, b) => a - b) });
  }
  const folder = join(await temporaryFolder(t), "model");
  hub.keptIn = folder;
  const args = ["model", "pull", REPO, "--to", folder];
  const environment = { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN };

  hub.pauseAt(modelBytes / 2);
  const first = startCommand(args, environment);
  await hub.paused();
  first.kill("SIGKILL");
  assert.equal((await first.ended).signal, "SIGKILL");
  hub.goOn();
  const between = await filesBelow(folder);
  assert.ok(
    between.some((path) => path.endsWith(".incomplete")),
    "killed in the middle of a file",
  );
  assert.ok(!between.includes("model_index.json"), "what is not whole is no checkpoint");
  assert.equal((await readPulledManifest(folder))?.complete, false);
  const servedAtKill = hub.bytesServed;

  const second = await runCommand(args, environment);
  assert.equal(second.code, 0, second.stderr);
  const ratio = hub.bytesServed / modelBytes;
  t.diagnostic(
    `${hub.bytesServed} bytes served for ${modelBytes}, ${servedAtKill} of them before the kill: ${ratio.toFixed(4)} ×`,
  );
  assert.ok(ratio <= 1.05, `${ratio} ×`);
  assert.ok(hub.bytesServed >= modelBytes);
  const cutsLeft = [...hub.faults.values()].flatMap(({ cuts = [] }) => cuts);
  assert.deepEqual(cutsLeft, [], "every cut was made");
  await assertWhole(folder);
  assert.match(second.stdout, /every file verified/);
  assert.ok(second.stdout.includes(`MODEL_DIR=${folder} npm start`), second.stdout);
  assert.equal((await openCheckpoint({ modelDir: folder })).unet.config.inChannels, 9);

  const atCdn = hub.requests.filter(({ host }) => host === "cdn");
  assert.ok(atCdn.length > 0 && atCdn.every(({ authorization }) => authorization === undefined));
  const atHub = hub.requests.filter(({ host }) => host === "hub");
  assert.ok(atHub.every(({ authorization }) => authorization === `Bearer ${TOKEN}`));
  assert.ok(!`${second.stdout}${second.stderr}`.includes(TOKEN));

  const served = hub.bytesServed;
  const third = await runCommand(args, environment);
  assert.deepEqual([third.code, hub.bytesServed - served], [0, 0], "there is nothing left to fetch");
  assert.match(third.stdout, /there already/);
});

test("Ctrl-C stops with code 130, keeps what arrived, and the same command goes on", async (t) => {
  const hub = await FakeHub.start(t, { repo: REPO, files: model });
  const folder = await temporaryFolder(t);
  const args = ["model", "pull", REPO, "--to", folder];
  hub.keptIn = folder;
  hub.pauseAt(modelBytes / 2);
  const first = startCommand(args, { HF_ENDPOINT: hub.url });
  await hub.paused();
  first.kill("SIGINT");
  const stopped = await first.ended;
  hub.goOn();
  assert.deepEqual([stopped.code, stopped.signal], [130, null], stopped.stderr);
  assert.match(stopped.stderr, /stopped; the same command goes on where it was\n$/);
  const names = await filesBelow(folder);
  assert.ok(
    !names.includes(".pull.lock") && names.some((name) => name.endsWith(".incomplete")),
    names.join(),
  );

  const second = await runCommand(args, { HF_ENDPOINT: hub.url });
  assert.equal(second.code, 0, second.stderr);
  assert.ok(hub.bytesServed <= 1.05 * modelBytes, `${hub.bytesServed} of ${modelBytes}`);
  await assertWhole(folder);
});

test("--json: one event a line, the last one says where the model is", async (t) => {
  const hub = await FakeHub.start(t, { repo: REPO, files: model });
  const folder = await temporaryFolder(t);
  const { code, stdout, stderr } = await runCommand(["model", "pull", REPO, "--to", folder, "--json"], {
    HF_ENDPOINT: `${hub.url}/`,
  });
  assert.deepEqual([code, stderr], [0, ""]);
  const events: { readonly event: string }[] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(events[0], {
    event: "plan",
    repo: REPO,
    commit: COMMIT,
    directory: folder,
    files: model.size,
    bytes: modelBytes,
    bytesHere: 0,
  });
  assert.equal(events.filter(({ event }) => event === "verified").length, model.size);
  assert.ok(events.filter(({ event }) => event === "position").length <= 101 * model.size);
  assert.equal(events.at(-1)?.event, "done");
});

test("two pulls into one folder do not mix: the second is refused by name, and a dead one's lock is taken over", async (t) => {
  const hub = await FakeHub.start(t, { repo: REPO, files: model });
  const folder = await temporaryFolder(t);
  const args = ["model", "pull", REPO, "--to", folder];
  hub.pauseAt(modelBytes / 4);
  const first = startCommand(args, { HF_ENDPOINT: hub.url });
  await hub.paused();
  const second = await runCommand(args, { HF_ENDPOINT: hub.url });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /process \d+ on \S+ is pulling into this folder/);
  first.kill("SIGKILL");
  await first.ended;
  hub.goOn();
  const third = await runCommand(args, { HF_ENDPOINT: hub.url });
  assert.equal(third.code, 0, third.stderr);
  await assertWhole(folder);
});

for (const [what, args, environment, message] of [
  ["a gated model without a token", [REPO], {}, /access is gated\. Accept the terms .*HF_TOKEN/],
  [
    "a gated model with a token that has no access",
    [REPO],
    { HUGGING_FACE_HUB_TOKEN: "hf_other" },
    /gated.*the one that is set has no access/,
  ],
  ["a repository that does not exist", ["nobody/nothing"], {}, /nobody\/nothing.*no such repository at http/],
  ["a revision that does not exist", [REPO, "--revision", "v9"], {}, /revision v9: .*no such revision/],
  ["an id that is none", ["../../etc/passwd"], {}, /"\.\.\/\.\.\/etc\/passwd" is no id of the hub/],
  ["a file that does not exist", [REPO, "--file", "x.ckpt"], {}, /has no file x\.ckpt/],
  [
    "a variant that does not exist",
    [REPO, "--variant", "int4"],
    {},
    /no weights of the variant int4; it has fp16, non_ema/,
  ],
  [
    "an endpoint that is none",
    [REPO],
    { HF_ENDPOINT: "hub.example" },
    /HF_ENDPOINT must be an http or https address/,
  ],
  ["a token with a line break", [REPO], { HF_TOKEN: "hf_a\nb" }, /HF_TOKEN has characters that no token has/],
] as const) {
  test(`${what} is one clear sentence, and leaves no folder behind`, async (t) => {
    const files = new Map([...DECOYS, ...model]);
    const hub = await FakeHub.start(t, { repo: REPO, files, token: TOKEN });
    const parent = await temporaryFolder(t);
    const folder = join(parent, "model");
    const { code, stdout, stderr } = await runCommand(["model", "pull", ...args, "--to", folder], {
      HF_ENDPOINT: hub.url,
      ...environment,
    });
    assert.deepEqual([code, stdout], [1, ""]);
    const lines = stderr.trimEnd().split("\n");
    assert.match(lines.at(-1) ?? "", message);
    assert.match(lines.at(-1) ?? "", /^inpaint-server: /);
    assert.deepEqual(await readdir(parent), []);
  });
}
