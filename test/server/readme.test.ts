/** @file The README's curl command, as pasted, against a running server. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { rootPath } from "../support/paths.js";
import { codec } from "../support/sample.js";
import { startReadyServer } from "../support/server-process.js";

const run = promisify(execFile);

test("the README's curl writes a picture", async (t) => {
  const readme = await readFile(join(rootPath, "README.md"), "utf8");
  const command = /<!-- curl -->\s+```sh\n([\s\S]+?)```/.exec(readme)?.[1];
  assert.ok(command, "the README has its curl between the markers");
  assert.ok(command.includes("http://localhost:5001/score") && command.includes("> result.png"));

  const folder = await mkdtemp(join(tmpdir(), "readme-"));
  t.after(() => rm(folder, { recursive: true }));
  const result = join(folder, "result.png");
  const { url } = await startReadyServer(t);
  // Only what two test runs on one machine could not share is replaced: the port, and where the picture goes.
  const here = command.replace("http://localhost:5001", url).replace("> result.png", `> '${result}'`);
  await run("bash", ["-euo", "pipefail", "-c", here], { cwd: rootPath });

  const { width, height } = await codec.decode(await readFile(result));
  assert.deepEqual([width, height], [512, 512]);
});
