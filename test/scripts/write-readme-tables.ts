/** @file Writes the README's tables of settings and parameters between their markers, as the code has them. */
import { readFile, writeFile } from "node:fs/promises";
import { parametersTable } from "../support/parameters-table.js";
import { settingsTable } from "../support/settings-table.js";

const README = new URL("../../../README.md", import.meta.url);

let text = await readFile(README, "utf8");
for (const [name, table] of Object.entries({ settings: settingsTable(), parameters: parametersTable() })) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${start} … ${end}`);
  text = `${text.slice(0, from)}${start}\n${table}\n${text.slice(to)}`;
}
await writeFile(README, text);
