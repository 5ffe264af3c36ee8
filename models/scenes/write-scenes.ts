/**
 * @file Writes scenes to standard output for the training scripts: per scene a little-endian u32 with the caption's
 * length in bytes, the caption (UTF-8), the picture (height × width × 3 bytes), the mask (height × width bytes).
 * Usage: node dist/models/scenes/write-scenes.js <first seed> <count> <side in pixels>
 */
import { once } from "node:events";
import { drawScene } from "./scene.js";

const AT_ONCE = 4;

const [first = 0, count = 0, side = 0] = process.argv.slice(2).map(Number);
if (!(Number.isInteger(first) && count > 0 && side > 0))
  throw new RangeError("usage: write-scenes.js <first seed> <count> <side>");

for (let done = 0; done < count; done += AT_ONCE) {
  const seeds = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i) => first + done + i);
  const scenes = await Promise.all(
    seeds.map((seed) => drawScene({ seed, width: side, height: side, heldOut: false })),
  );
  for (const { caption, rgb, mask } of scenes) {
    const text = Buffer.from(caption);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    const more = process.stdout.write(Buffer.concat([length, text, rgb, mask.bytes]));
    if (!more) await once(process.stdout, "drain");
  }
}
