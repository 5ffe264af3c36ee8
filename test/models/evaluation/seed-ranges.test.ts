/** @file No picture of the evaluation is one of training: the seeds that its scripts draw from are read out of them. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { SEED_RANGES, seedIn } from "../../../models/evaluation/cases/seed-ranges.js";

const SCRIPTS = new URL("../../../../models/training/", import.meta.url);
/** A stream is of a million scenes, and begins anew farther on when a run is resumed: with room for many. */
const SEEDS_OF_STREAM = 10_000_000;

/** The numbers on the line that sets `FIRST_SEED`, by script; one that is no seed is small. */
async function firstSeeds(): Promise<ReadonlyMap<string, readonly number[]>> {
  const names = (await readdir(SCRIPTS)).filter((name) => name.endsWith(".py"));
  const seeds = new Map<string, readonly number[]>();
  for (const name of names) {
    const text = await readFile(new URL(name, SCRIPTS), "utf8");
    const line = /^.*\bFIRST_SEED\b.*=(.+)$/m.exec(text)?.[1];
    if (line === undefined) continue;
    const numbers = (line.match(/\d[\d_]*/g) ?? []).map((digits) => Number(digits.replaceAll("_", "")));
    seeds.set(
      name,
      numbers.filter((number) => number >= 1_000_000),
    );
  }
  return seeds;
}

test("training's streams end before the evaluation's seeds, or begin after them", async () => {
  const seeds = await firstSeeds();
  for (const script of ["train_autoencoder.py", "train_decoder.py", "train_unet.py", "tokenizer.py"])
    assert.notDeepEqual(seeds.get(script) ?? [], [], `${script} sets no FIRST_SEED`);
  for (const [script, firsts] of seeds)
    for (const from of firsts)
      for (const [name, { first, end }] of Object.entries(SEED_RANGES))
        assert.ok(from + SEEDS_OF_STREAM <= first || from >= end, `${script}: ${from} runs into ${name}`);
});

test("a range gives its own seeds alone, and no two share one", () => {
  const { first, end } = SEED_RANGES.scenes;
  assert.equal(seedIn(SEED_RANGES.scenes, 3), first + 3);
  assert.throws(() => seedIn(SEED_RANGES.scenes, end - first), /20000000 seeds/);
  const ranges = Object.values(SEED_RANGES).sort((a, b) => a.first - b.first);
  for (const [i, range] of ranges.entries()) assert.ok(range.end <= (ranges[i + 1]?.first ?? 2 ** 32));
});
