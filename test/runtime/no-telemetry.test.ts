import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { temporaryFolder } from "../support/temporary-folder.js";

const TEST_MODEL = new URL("../support/test-model.js", import.meta.url).href;

test("opening a model leaves no identifier of the machine behind, which ONNX Runtime makes before it reports", async (t) => {
  const home = await temporaryFolder(t);
  const program = `const { loadTestModel } = await import(${JSON.stringify(TEST_MODEL)}); await (await loadTestModel()).release();`;
  // Nothing of our own environment: ONNX Runtime is silent by itself where CI is set.
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    env: { HOME: home },
  });
  assert.deepEqual(await readdir(home, { recursive: true }), []);
});
