/**
 * @file Writes the scenes of consecutive seeds to standard output for the training scripts, one record after another
 * (`scene-record.ts`). A reader may stop whenever it has enough.
 * Usage: node dist/models/scenes/write-scenes.js <first seed> <count> <side in pixels>
 */
import { once } from "node:events";
import { drawScene } from "./scene.js";
import { sceneRecord } from "./scene-record.js";

const AT_ONCE = 4;
const [SMALLEST_SIDE, LARGEST_SIDE] = [8, 2048];
const WRONG_USAGE = 2;

const [first = -1, count = 0, side = 0] = process.argv.slice(2).map(Number);
const isWhole = (value: number, low: number, high: number) =>
  Number.isInteger(value) && value >= low && value <= high;
if (
  process.argv.length !== 5 ||
  !isWhole(first, 0, Number.MAX_SAFE_INTEGER) ||
  !isWhole(count, 1, Number.MAX_SAFE_INTEGER) ||
  !isWhole(side, SMALLEST_SIDE, LARGEST_SIDE)
) {
  process.stderr.write(
    `usage: write-scenes.js <first seed, from 0> <count, from 1> <side, ${SMALLEST_SIDE} to ${LARGEST_SIDE}>\n`,
  );
  process.exit(WRONG_USAGE);
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // the reader has enough
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

for (let done = 0; done < count; done += AT_ONCE) {
  const seeds = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i) => first + done + i);
  const scenes = await Promise.all(
    seeds.map((seed) => drawScene({ seed, width: side, height: side, heldOut: false })),
  );
  for (const scene of scenes) {
    const more = process.stdout.write(sceneRecord(scene));
    if (!more) await once(process.stdout, "drain");
  }
}
