/** @file Rows of 64×64 pixels, which take tens of milliseconds, and requests for them. Knows no server. */
import sharp from "sharp";
import { sampleImageFile, sampleMaskFile } from "../support/sample.js";

export const SIDE = 64;

const small = (file: Buffer) => sharp(file).resize(SIDE, SIDE).png().toBuffer();
export const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");

export const IMAGE_FILE = await small(sampleImageFile);
export const IMAGE = base64(IMAGE_FILE);
export const MASK_FILE = await small(sampleMaskFile);
export const MASK = base64(MASK_FILE);

/** Of every request, so that the same row has the same picture. */
export const SMALL = { num_inference_steps: 1, seed: 5, height: SIDE, width: SIDE } as const;

export const ROW = { prompt: "a cat", image: IMAGE, mask_image: MASK } as const;
export const COLUMNS = ["prompt", "image", "mask_image"] as const;

/** Without the keys whose change is undefined. */
export function row(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const changed = Object.entries({ ...ROW, ...changes });
  return Object.fromEntries(changed.filter(([, value]) => value !== undefined));
}

/** Split orientation, with the parameters of SMALL unless `others` has its own. */
export function request(data: readonly unknown[] = [ROW], others: Readonly<Record<string, unknown>> = {}) {
  return { input_data: { columns: COLUMNS, data, parameters: SMALL, ...others } };
}

/** A request for one row, with these parameters beside those of SMALL. */
export const withParameters = (parameters: object, changes: Readonly<Record<string, unknown>> = {}) =>
  request([row(changes)], { parameters: { ...SMALL, ...parameters } });

export type Colour = readonly [red: number, green: number, blue: number];

const background = ([r, g, b]: Colour) => ({ r, g, b });
const plain = (width: number, height: number, colour: Colour) =>
  sharp({ create: { width, height, channels: 3, background: background(colour) } });

/** A PNG of one colour. */
export const plainImage = async (width: number, height: number, colour: Colour) =>
  base64(await plain(width, height, colour).png().toBuffer());

/** A PNG whose left three quarters have one colour and the rest another. */
async function twoColours(left: Colour, right: Colour): Promise<string> {
  const input = await plain((SIDE * 3) / 4, SIDE, left)
    .png()
    .toBuffer();
  return base64(
    await plain(SIDE, SIDE, right)
      .composite([{ input, left: 0, top: 0 }])
      .png()
      .toBuffer(),
  );
}

/**
 * Image and mask for the fake Content Safety service, which looks at the mean colour: the image is of severity 2, since
 * its right part takes back the red of the left one. What the random checkpoint paints over that part is orange, whatever
 * the prompt: the result is of severity 6.
 */
export async function turnsRed(): Promise<{ readonly image: string; readonly mask_image: string }> {
  return {
    image: await twoColours([250, 5, 5], [0, 255, 255]),
    mask_image: await twoColours([0, 0, 0], [255, 255, 255]),
  };
}
