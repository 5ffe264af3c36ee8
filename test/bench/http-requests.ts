/** @file The bodies of the HTTP bench: the sample's request, and the largest of each kind that default limits let in. */
import { randomBytes } from "node:crypto";
import sharp, { type Sharp } from "sharp";
import { MAX_STRUCTURE, MAX_WIDE_TEXT_BYTES } from "../../src/http/body/json-body.js";
import { sampleImageFile, sampleMaskFile } from "../support/sample.js";

export interface WorstCase {
  readonly name: string;
  readonly body: Buffer;
  readonly status: 200 | 400;
  readonly events?: boolean;
}

export const base64 = (file: Uint8Array) => Buffer.from(file).toString("base64");
/** As Python's `base64.encodebytes`. */
export const inLines = (text: string) => text.replace(/.{1,76}/g, "$&\n");

export function requestOf(rows: readonly object[], parameters: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ input_data: { data: rows, parameters } }));
}

export const sampleRequest = (dress: (text: string) => string) =>
  requestOf([
    { prompt: "a cat", image: dress(base64(sampleImageFile)), mask_image: dress(base64(sampleMaskFile)) },
  ]);

/** Noise does not compress: a PNG of it has 3 bytes a pixel. */
const noise = (width: number, height: number): Sharp =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });

const PLAIN_PNG = { compressionLevel: 0 } as const;

export async function worstCases(): Promise<readonly WorstCase[]> {
  const mask = base64(sampleMaskFile);
  const row = (image: string, more: object = {}) => ({ prompt: "a cat", image, mask_image: mask, ...more });
  const large = base64(await noise(2800, 2800).png(PLAIN_PNG).toBuffer());
  const small = base64(await noise(700, 700).png(PLAIN_PNG).toBuffer());
  // A quarter of the limit each: as many pixels as one request may ask back.
  const wide = base64(await noise(4096, 4096).jpeg({ quality: 10 }).toBuffer());
  const ink = base64(await noise(4000, 4000).toColourspace("cmyk").jpeg({ quality: 10 }).toBuffer());
  const whole = { padding_mask_crop: 8, num_images_per_prompt: 4 };
  const rest = (value: unknown) => requestOf([{ prompt: "a cat", image: "", mask_image: "", more: value }]);
  return [
    { name: "a 23 MB image", body: requestOf([row(large)]), status: 200 },
    { name: "a 23 MB image in lines", body: requestOf([row(inLines(large))]), status: 200 },
    {
      name: "16 images of 1.5 MB",
      body: requestOf(Array.from({ length: 16 }, () => row(small))),
      status: 200,
    },
    { name: "a 16 Mpx CMYK image", body: requestOf([row(ink)]), status: 200 },
    { name: "4 images of 16 Mpx back", body: requestOf([row(wide, whole)]), status: 200 },
    { name: "the same as events", body: requestOf([row(wide, whole)]), status: 200, events: true },
    { name: "a 30 MB text of escapes", body: escapes(), status: 400 },
    { name: "20 000 keys", body: rest(Object.fromEntries(keys(MAX_STRUCTURE - 20))), status: 400 },
    {
      name: "20 000 objects",
      body: rest(keys(MAX_STRUCTURE / 2 - 10).map(([key]) => ({ [key]: 1 }))),
      status: 400,
    },
    { name: "2 MiB of short texts", body: rest(texts(2000, "😀".repeat(250))), status: 400 },
    { name: "2 MiB of long keys", body: rest(Object.fromEntries(keys(1900, 1080))), status: 400 },
    { name: "19 900 texts of 1.6 kB", body: rest(texts(19_900, "A".repeat(1600))), status: 400 },
    { name: "19 900 of 1.6 kB beyond ASCII", body: rest(texts(19_900, "絵".repeat(530))), status: 400 },
    { name: "a 12 MB text beyond ASCII", body: rest("😀".repeat(MAX_WIDE_TEXT_BYTES / 4)), status: 400 },
    { name: "a 30 MB text beyond ASCII", body: rest("😀".repeat(7_500_000)), status: 400 },
    { name: "prompts of 4096", body: prompts(row(mask)), status: 200 },
  ];
}

const keys = (count: number, chars = 0) =>
  Array.from({ length: count }, (_, i): [string, number] => [`key ${i}`.padEnd(chars), i]);

const texts = (count: number, text: string) => Array.from({ length: count }, () => text);

const escapes = () =>
  Buffer.from(`{"input_data":{"data":[{"prompt":"","image":"${"\\u0041".repeat(5_000_000)}"}]}}`);

const prompts = (row: object) =>
  requestOf(
    Array.from({ length: 16 }, () => ({
      ...row,
      prompt: "é".repeat(4096),
      negative_prompt: "é".repeat(4096),
    })),
  );
