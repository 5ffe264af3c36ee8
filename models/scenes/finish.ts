/** @file What a camera does to a scene: light that falls off, blur, grain. */
import sharp from "sharp";
import type { Random } from "./random.js";
import type { Raster } from "./raster.js";

/** The picture's bytes, height × width × 3. */
export async function finish(random: Random, raster: Raster): Promise<Uint8Array> {
  const { width, height, values } = raster;
  const angle = random.uniform(0, 2 * Math.PI);
  const slope = random.uniform(0, 0.35);
  const exposure = random.uniform(0.85, 1.1);
  const [dx, dy] = [(slope * Math.cos(angle)) / width, (slope * Math.sin(angle)) / height];
  const grain = random.chance(0.4) ? random.uniform(0, 0.025) : 0;
  for (let y = 0, pixel = 0; y < height; y++)
    for (let x = 0; x < width; x++, pixel++) {
      raster.light(pixel, exposure * (1 + (x - width / 2) * dx + (y - height / 2) * dy));
      if (grain === 0) continue;
      const speck = random.uniform(-1.7, 1.7) * grain;
      for (let i = pixel * 3; i < pixel * 3 + 3; i++) values[i] = (values[i] ?? 0) + speck;
    }
  const bytes = raster.toBytes();
  if (random.chance(0.7)) return bytes;
  return sharp(bytes, { raw: { width, height, channels: 3 } })
    .blur(random.uniform(0.4, 1.1))
    .raw()
    .toBuffer();
}
