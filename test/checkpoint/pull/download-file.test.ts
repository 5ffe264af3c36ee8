/** @file One file through the real client, with every fault that a network or server may have. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { downloadFile } from "../../../src/checkpoint/pull/download-file.js";
import type { HubConnection } from "../../../src/checkpoint/pull/hub-connection.js";
import { COMMIT, FakeHub, type Faults, gitSha1, sha256 } from "../../support/fake-hub.js";
import { connectionTo } from "../../support/hub-connection.js";
import { noiseBytes } from "../../support/integer-noise.js";
import { filesBelow, temporaryFolder } from "../../support/temporary-folder.js";

const REPO = "org/model";
const NAME = "unet/weights.safetensors";
const SMALL = "config with spaces?.json";
const content = noiseBytes(200_000, 1);
const small = noiseBytes(900, 2);
const hash = { algorithm: "sha256", hex: sha256(content) } as const;

interface Download {
  readonly hub: FakeHub;
  readonly folder: string;
  readonly events: readonly string[];
  run(changes?: Partial<HubConnection>): Promise<void>;
}

async function prepare(t: TestContext, faults: Faults = {}): Promise<Download> {
  const files = new Map([
    [NAME, content],
    [SMALL, small],
  ]);
  const hub = await FakeHub.start(t, { repo: REPO, files });
  hub.faults.set(NAME, faults);
  const folder = await temporaryFolder(t);
  hub.keptIn = folder;
  const events: string[] = [];
  const run = (changes: Partial<HubConnection> = {}) =>
    downloadFile(
      connectionTo(hub, changes),
      `${hub.url}/${REPO}/resolve/${COMMIT}/${NAME}`,
      join(folder, NAME),
      { path: NAME, size: content.length, hash },
      {
        onPosition: () => {},
        onRetry: (reason) => events.push(`retry: ${reason}`),
        onDiscard: (reason) => events.push(`discard: ${reason}`),
      },
    );
  return { hub, folder, events, run };
}

async function assertArrived({ folder }: Download): Promise<void> {
  assert.deepEqual(await filesBelow(folder), [NAME]);
  assert.equal(sha256(await readFile(join(folder, NAME))), hash.hex);
}

const rangesOf = ({ hub }: Download) =>
  hub.requests.filter(({ host }) => host === "cdn").map(({ range }) => range);

test("a stop while the beginning from before is read keeps it, and is called a stop", async (t) => {
  const download = await prepare(t);
  const partial = join(download.folder, `${NAME}.incomplete`);
  await mkdir(join(download.folder, "unet"));
  await writeFile(partial, content.subarray(0, 150_000));
  await assert.rejects(download.run({ signal: AbortSignal.abort() }), { code: "CANCELLED" });
  assert.equal((await readFile(partial)).length, 150_000);
  assert.deepEqual(download.hub.requests, []);
});

test("a cut body is taken up where it ended, tied to the first by its ETag", async (t) => {
  const download = await prepare(t, { cuts: [50_000, 120_000] });
  await download.run();
  await assertArrived(download);
  const [first, second, third] = download.hub.requests.filter(({ host }) => host === "cdn");
  assert.deepEqual([first?.range, first?.ifRange], [undefined, undefined]);
  for (const request of [second, third]) {
    assert.match(request?.range ?? "", /^bytes=[1-9]\d*-$/);
    assert.equal(request?.ifRange, `"${hash.hex.slice(0, 32)}"`);
  }
  assert.ok(download.hub.bytesServed <= 1.2 * content.length, `${download.hub.bytesServed} bytes served`);
  assert.match(download.events[0] ?? "", /^retry: .* at \d+ of 200000 bytes$/);
});

test("a small file has git's own hash, and its redirect stays at the hub", async (t) => {
  const { hub, folder } = await prepare(t);
  await downloadFile(
    connectionTo(hub, { token: "hf_x" }),
    `${hub.url}/${REPO}/resolve/${COMMIT}/${encodeURIComponent(SMALL)}`,
    join(folder, SMALL),
    { path: SMALL, size: small.length, hash: { algorithm: "git-sha1", hex: gitSha1(small) } },
    { onPosition: () => {}, onRetry: () => {}, onDiscard: () => {} },
  );
  assert.deepEqual(await readFile(join(folder, SMALL)), Buffer.from(small));
  assert.deepEqual(
    hub.requests.map(({ host, authorization }) => [host, authorization]),
    [
      ["hub", "Bearer hf_x"],
      ["hub", "Bearer hf_x"],
    ],
  );
});

test("the token does not reach the host that a redirect leads to", async (t) => {
  const download = await prepare(t);
  await download.run({ token: "hf_secret" });
  assert.deepEqual(
    download.hub.requests.map(({ host, authorization }) => [host, authorization]),
    [
      ["hub", "Bearer hf_secret"],
      ["cdn", undefined],
    ],
  );
});

test("a body of the right length and other bytes is deleted twice and said, and never gets the name", async (t) => {
  const download = await prepare(t, { body: noiseBytes(content.length, 9) });
  await assert.rejects(download.run(), {
    code: "PULL_FAILED",
    message: `${NAME}: 200000 bytes arrived, but their sha256 is another, 2 times; what arrived was deleted`,
  });
  assert.deepEqual(await filesBelow(download.folder), []);
  assert.deepEqual(
    download.events,
    Array(2).fill("discard: 200000 bytes arrived, but their sha256 is another"),
  );
  assert.deepEqual(rangesOf(download), [undefined, undefined]);
});

test("what an earlier pull left is read, taken up, and refused when it is not the file's beginning", async (t) => {
  const download = await prepare(t);
  await writeLeft(download, content.subarray(0, 90_000));
  await download.run();
  await assertArrived(download);
  assert.deepEqual(rangesOf(download), ["bytes=90000-"]);
  assert.equal(download.hub.bytesServed, content.length - 90_000);

  const damaged = await prepare(t);
  const beginning = Buffer.from(content.subarray(0, 90_000));
  beginning[70_000] = (beginning[70_000] ?? 0) ^ 1;
  await writeLeft(damaged, beginning);
  await damaged.run();
  await assertArrived(damaged);
  assert.deepEqual(rangesOf(damaged), ["bytes=90000-", undefined]);
  assert.equal(damaged.events.length, 1);
});

test("what was left whole is verified without a request; what is longer than the file is dropped", async (t) => {
  const whole = await prepare(t);
  await writeLeft(whole, content);
  await whole.run();
  await assertArrived(whole);
  assert.deepEqual(whole.hub.requests, []);

  const longer = await prepare(t);
  await writeLeft(longer, noiseBytes(content.length + 1, 3));
  await longer.run();
  await assertArrived(longer);
  assert.deepEqual(rangesOf(longer), [undefined]);
});

for (const [what, faults, message] of [
  ["announces its length", {}, /250000 bytes are announced, the listing says 200000, 2 times/],
  ["does not", { chunked: true }, /more than the 200000 bytes of the listing arrived, 2 times/],
] as const) {
  test(`a body longer than promised that ${what} is cut off, deleted and said`, async (t) => {
    const download = await prepare(t, { ...faults, body: noiseBytes(250_000, 4) });
    await assert.rejects(download.run(), message);
    assert.deepEqual(await filesBelow(download.folder), []);
  });
}

test("a server that ignores Range is read from the start again", async (t) => {
  const download = await prepare(t, { cuts: [150_000], ignoreRange: true });
  await download.run();
  await assertArrived(download);
  assert.equal(rangesOf(download).length, 2);
  assert.ok(download.hub.bytesServed >= content.length + 150_000);
});

test("a server that ignores Range and always breaks is given up, at last", async (t) => {
  const download = await prepare(t, { cuts: Array(20).fill(150_000), ignoreRange: true });
  await assert.rejects(download.run(), /given up after 4 attempts, \d+ of 200000 bytes are kept/);
  assert.deepEqual(await filesBelow(download.folder), [`${NAME}.incomplete`]);
});

test("416 starts the file anew", async (t) => {
  const download = await prepare(t, { refuseRange: 1 });
  await writeLeft(download, content.subarray(0, 1000));
  await download.run();
  await assertArrived(download);
  assert.deepEqual(rangesOf(download), ["bytes=1000-", undefined]);
});

test("a body that has another ETag by now is read from the start", async (t) => {
  const download = await prepare(t, { cuts: [100_000], etags: ['"one"', '"two"'] });
  await download.run();
  await assertArrived(download);
  const [, second] = download.hub.requests.filter(({ host }) => host === "cdn");
  assert.equal(second?.ifRange, '"one"');
  assert.ok(download.hub.bytesServed >= content.length + 90_000, "the whole of it was sent again");
});

for (const code of [403, 404, 429, 500, 503]) {
  test(`${code} from the CDN passes: each attempt asks the hub for a new address`, async (t) => {
    const download = await prepare(t, { status: { code, times: 2 } });
    await download.run();
    await assertArrived(download);
    assert.equal(download.hub.requests.filter(({ host }) => host === "hub").length, 3);
    assert.match(download.events[0] ?? "", new RegExp(`answered ${code}, at 0 of 200000 bytes`));
    assert.ok(!download.events.join().includes("Signature"), "a signed address is a secret");
  });
}

test("a server that falls silent in the middle is left, and asked again from there", async (t) => {
  const download = await prepare(t, { stallAt: 100_000 });
  const running = download.run({ idleTimeoutMs: 3000 });
  await download.hub.served(100_000);
  download.hub.faults.delete(NAME);
  await running;
  await assertArrived(download);
  assert.match(download.events.join(), /nothing arrived for 3000 ms, at 100000 of 200000/);
  assert.deepEqual(rangesOf(download), [undefined, "bytes=100000-"]);
});

test("a hub that is about to send another file is refused before a byte of it", async (t) => {
  const { hub, folder } = await prepare(t);
  for (const file of [
    { path: NAME, size: content.length, hash: { ...hash, hex: sha256(small) } },
    { path: NAME, size: content.length - 1, hash },
  ]) {
    await assert.rejects(
      downloadFile(
        connectionTo(hub),
        `${hub.url}/${REPO}/resolve/${COMMIT}/${NAME}`,
        join(folder, NAME),
        file,
        { onPosition: () => {}, onRetry: () => {}, onDiscard: () => {} },
      ),
      /the hub is about to send another file than its listing names/,
    );
  }
  assert.equal(hub.bytesServed, 0);
});

test("redirects in a circle, and to what is no web address, end at once", async (t) => {
  const { folder } = await prepare(t);
  let location = "/again";
  const server = createServer((_, response) => response.writeHead(302, { location }).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const bound = server.address();
  const url = `http://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}`;
  const run = () =>
    downloadFile(
      connectionTo({ url }),
      `${url}/x`,
      join(folder, NAME),
      { path: NAME, size: content.length, hash },
      { onPosition: () => {}, onRetry: () => {}, onDiscard: () => {} },
    );
  await assert.rejects(run(), /more than 5 redirects/);
  location = "file:///etc/passwd";
  await assert.rejects(run(), /a redirect leads nowhere/);
});

async function writeLeft({ folder }: Download, bytes: Uint8Array): Promise<void> {
  await mkdir(join(folder, "unet"), { recursive: true });
  await writeFile(join(folder, `${NAME}.incomplete`), bytes);
}
