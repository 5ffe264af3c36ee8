/** @file A mask while it is drawn: which pixels are to be painted anew. Knows no scene. */
import sharp from "sharp";

/** Height × width bytes: 255 in the hole, 0 outside. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

/** The hole is what the SVG `elements` (filled or stroked in white, in pixels) cover by half. */
export async function maskOf(width: number, height: number, elements: string): Promise<Mask> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="black"/>${elements}</svg>`;
  const grey = await sharp(Buffer.from(svg)).greyscale().raw().toBuffer();
  return { width, height, bytes: grey.map((value) => (value >= 128 ? 255 : 0)) };
}

/** The hole, wider by about `pixels` on every side. */
export async function widened(mask: Mask, pixels: number): Promise<Mask> {
  const { width, height } = mask;
  const blurred = await sharp(mask.bytes, { raw: { width, height, channels: 1 } })
    .blur(Math.max(0.5, pixels / 1.3))
    .toColourspace("b-w")
    .raw()
    .toBuffer();
  return { width, height, bytes: blurred.map((value) => (value >= 26 ? 255 : 0)) };
}

/** Share of the picture that is hole, 0 … 1. */
export function holeShare({ bytes }: Mask): number {
  let hole = 0;
  for (const value of bytes) if (value !== 0) hole++;
  return hole / bytes.length;
}
