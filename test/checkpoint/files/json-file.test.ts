/** @file JSON and text files that are not what they should be: the error names the file and what is wrong in it. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { z } from "zod";
import { readJsonFile, readTextFile } from "../../../src/checkpoint/files/json-file.js";
import { assertRefused } from "../../support/refusal.js";

const folder = await mkdtemp(join(tmpdir(), "json-"));
after(() => rm(folder, { recursive: true }));
const path = join(folder, "config.json");

const schema = z.object({ norm_eps: z.number() });
const read = () => readJsonFile(path, (file) => schema.safeParse(file));

const REFUSED: readonly (readonly [what: string, content: string | Uint8Array, message: RegExp])[] = [
  ["NaN, which Python writes", '{"norm_eps": NaN}', /not JSON: .*NaN/],
  ["NaN in the middle of lines", '{\n  "norm_eps": NaN,\n  "b": 1\n}', /not JSON: .*NaN/],
  ["Infinity", '{"norm_eps": Infinity}', /not JSON: .*I/],
  ["a key given twice", '{"norm_eps": 1, "norm_eps": 2}', /not JSON: the key "norm_eps" is given twice/],
  ["a byte order mark", "\uFEFF{}", /not JSON: begins with a byte order mark/],
  ["bytes that are no text", Uint8Array.of(0x22, 0xff, 0x22), /not JSON: not UTF-8/],
  ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", /a Git LFS pointer/],
  ["a value of another kind", '{"norm_eps": "1"}', /norm_eps/],
  [
    "more than a config has",
    `{"norm_eps": 1${" ".repeat(1_000_000)}}`,
    /1000015 bytes; at most 1000000 are read/,
  ],
  ["nothing", "", /not JSON/],
  ["brackets without end", "[".repeat(100_000), /not JSON/],
];

for (const [what, content, message] of REFUSED) {
  test(`${what} is refused`, async () => {
    await writeFile(path, content);
    await assertRefused(read(), path, message);
  });
}

test("a good file is read; a text that is not UTF-8 is refused", async () => {
  await writeFile(path, '{"norm_eps": 1e-5}\n');
  assert.deepEqual(await read(), { norm_eps: 1e-5 });
  await writeFile(path, Uint8Array.of(0x61, 0xff));
  await assertRefused(readTextFile(path), path, /not UTF-8/);
});
