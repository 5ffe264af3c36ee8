/**
 * @file Paints the README's sample pictures anew, over HTTP on a server with its default settings, and writes the
 * README's table of them. Usage: npm run visualize [-- --out FOLDER]
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { sideBySide } from "../../src/image/side-by-side.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import type { Mask } from "../scenes/masks/mask.js";
import { InpaintingServer } from "./inpainting-server.js";
import { picturesTable, withPictures } from "./pictures-table.js";
import { SAMPLES, type Sample } from "./samples.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const README = join(ROOT, "README.md");
const PICTURES = join(ROOT, "docs/pictures");
/** Height of a strip, and with it the width of each of its three pictures. */
const SHOWN_SIDE = 256;
const WEBP_QUALITY = 82;

/** The mask as the contract has it: white is repainted. */
const maskPicture = ({ width, height, bytes }: Mask): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: bytes.length * 3 }, (_, i) => bytes[Math.floor(i / 3)] ?? 0),
});

/** Image, mask and result side by side, as a WebP file. */
async function paintedStrip(server: InpaintingServer, { prompt, seed, draw }: Sample): Promise<Buffer> {
  const { image, mask } = await draw();
  const result = await server.inpaint({ image, mask, prompt, seed });
  const { width, height, data } = sideBySide([image, maskPicture(mask), result]);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ height: SHOWN_SIDE })
    .webp({ quality: WEBP_QUALITY })
    .toBuffer();
}

const { values } = parseArgs({ options: { out: { type: "string" } } });
const folder = values.out ?? PICTURES;
await mkdir(folder, { recursive: true });
const server = await InpaintingServer.start();
try {
  for (const sample of SAMPLES) {
    const path = join(folder, `${sample.name}.webp`);
    const file = await paintedStrip(server, sample);
    await writeFile(path, file);
    process.stdout.write(
      `${relative(process.cwd(), path)}  ${Math.ceil(file.length / 1000)} kB  ${sample.prompt}\n`,
    );
  }
} finally {
  await server.stop();
}
// pictures that were painted elsewhere are for a look, not for the README
if (values.out === undefined) {
  const table = picturesTable(SAMPLES, relative(ROOT, folder));
  await writeFile(README, withPictures(await readFile(README, "utf8"), table));
}
