/** @file The README's table of sample pictures. Knows Markdown and the place in the text; paints and opens nothing. */
import { join, sep } from "node:path";
import type { Sample } from "./samples.js";

const START = "<!-- pictures -->";
const END = "<!-- /pictures -->";

/** `folder` as seen from the README. */
export function picturesTable(samples: readonly Sample[], folder: string): string {
  const rows = samples.map(
    ({ name, prompt, seed }) =>
      `| ${prompt} (seed ${seed}) | ![${prompt}](${join(folder, `${name}.webp`).split(sep).join("/")}) |`,
  );
  return ["| prompt | image, mask, result |", "| --- | --- |", ...rows].join("\n");
}

/** `readme` with `table` in place of what stood between the two marks. Throws an Error for a text without them. */
export function withPictures(readme: string, table: string): string {
  const [from, to] = [readme.indexOf(START), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${START} … ${END}`);
  return `${readme.slice(0, from)}${START}\n${table}\n${readme.slice(to)}`;
}
