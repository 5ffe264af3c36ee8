/** @file The README's table of parameters is the schema's. (That of the settings: test/config/settings.test.ts.) */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parametersTable } from "./support/parameters-table.js";
import { rootPath } from "./support/paths.js";

test("the README holds the parameters as the schema has them", async () => {
  const readme = await readFile(join(rootPath, "README.md"), "utf8");
  const between = /<!-- parameters -->\n([\s\S]*?)\n<!-- \/parameters -->/.exec(readme)?.[1];
  assert.equal(between?.trim(), parametersTable());
});
