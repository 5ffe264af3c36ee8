/**
 * @file Small files that unfold to much, and files that are no accepted pictures, with their documented answers. Knows
 * the formats' containers; knows no server.
 */

import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { pngChunk } from "../support/png-chunk.js";
import type { HostileCase } from "./hostile-table.js";

interface PngParts {
  readonly side: number;
  /** Of grey. */
  readonly bits: number;
  readonly before?: readonly Buffer[];
  /** Deflated; else as many as there should be. */
  readonly pixels?: Buffer;
}

function png({ side, bits, before = [], pixels }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = bits;
  const whole = pixels ?? deflateSync(Buffer.alloc(side * (1 + Math.ceil((side * bits) / 8))), { level: 1 });
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    pngChunk("IHDR", header),
    ...before,
    pngChunk("IDAT", whole),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

const latin1 = (text: string) => Buffer.from(text, "latin1");
const MUCH_MEGABYTES = 100;
const MUCH = deflateSync(Buffer.alloc(MUCH_MEGABYTES * 1_000_000), { level: 1 });
const SOME = deflateSync(Buffer.alloc(4_000_000));
const profile = (zeros: Buffer) => pngChunk("iCCP", Buffer.concat([latin1("x\0\0"), zeros]));
const comment = (zeros: Buffer, key = "x") => pngChunk("zTXt", Buffer.concat([latin1(`${key}\0\0`), zeros]));
const international = (zeros: Buffer) => pngChunk("iTXt", Buffer.concat([latin1("x\0\x01\0\0\0"), zeros]));

/** A GIF of `frames` frames of one pixel, on a screen that may say anything. */
function gif(frames: number, width = 1, height = 1): Buffer {
  const screen = Buffer.alloc(7);
  screen.writeUInt16LE(width, 0);
  screen.writeUInt16LE(height, 2);
  screen[4] = 0x80; // two colours
  const frame = Buffer.from("21f90400000000002c00000000010001000002024401 00".replace(" ", ""), "hex");
  return Buffer.concat([
    latin1("GIF89a"),
    screen,
    Buffer.from("000000ffffff", "hex"),
    ...new Array<Buffer>(frames).fill(frame),
    latin1(";"),
  ]);
}

const SHORT = 3;
const LONG = 4;
type Tag = readonly [id: number, type: typeof SHORT | typeof LONG, value: number | "offset" | "length"];

/** A TIFF of `pages` directories, which share their pixels. */
function tiff(tags: readonly Tag[], pixels: Buffer, pages = 1): Buffer {
  const directoryBytes = 2 + tags.length * 12 + 4;
  const head = Buffer.alloc(8 + directoryBytes * pages);
  head.write("II*\0", "latin1");
  head.writeUInt32LE(8, 4);
  for (let page = 0; page < pages; page++) {
    const start = 8 + page * directoryBytes;
    head.writeUInt16LE(tags.length, start);
    for (const [i, [id, type, value]] of tags.entries()) {
      const at = start + 2 + i * 12;
      head.writeUInt16LE(id, at);
      head.writeUInt16LE(type, at + 2);
      head.writeUInt32LE(1, at + 4);
      const number = value === "offset" ? head.length : value === "length" ? pixels.length : value;
      if (type === SHORT) head.writeUInt16LE(number, at + 8);
      else head.writeUInt32LE(number, at + 8);
    }
    head.writeUInt32LE(page + 1 < pages ? start + directoryBytes : 0, start + directoryBytes - 4);
  }
  return Buffer.concat([head, pixels]);
}

const RAW = 1;
const DEFLATE = 8;
const grey = (width: number, height: number, compression: number): readonly Tag[] => [
  [256, LONG, width],
  [257, LONG, height],
  [258, SHORT, 8],
  [259, SHORT, compression],
  [262, SHORT, 1],
];
const inStrips = (side: number, rowsPerStrip: number, compression: number): readonly Tag[] => [
  ...grey(side, side, compression),
  [273, LONG, "offset"],
  [277, SHORT, 1],
  [278, LONG, rowsPerStrip],
  [279, LONG, "length"],
];
const inTiles = (tileSide: number): readonly Tag[] => [
  ...grey(8, 8, DEFLATE),
  [277, SHORT, 1],
  [322, LONG, tileSide],
  [323, LONG, tileSide],
  [324, LONG, "offset"],
  [325, LONG, "length"],
];

/** Directories that follow one another in a ring. */
function endlessTiff(): Buffer {
  const file = tiff(inStrips(8, 8, RAW), Buffer.alloc(64), 2);
  const directoryBytes = 2 + inStrips(8, 8, RAW).length * 12 + 4;
  file.writeUInt32LE(8, 8 + 2 * directoryBytes - 4);
  return file;
}

const FRAMES = 200;
const noise = Buffer.from(Array.from({ length: 32 * 32 * 3 * FRAMES }, (_, i) => (i * 7919) >> 5));
const animated = () => sharp(noise, { raw: { width: 32, height: 32 * FRAMES, channels: 3, pageHeight: 32 } });
const ANIMATED_WEBP = await animated().webp({ effort: 0 }).toBuffer();
const ANIMATED_GIF = await animated().gif({ effort: 1 }).toBuffer();
const LOSSLESS_WEBP = await sharp(noise.subarray(0, 32 * 32 * 3), {
  raw: { width: 32, height: 32, channels: 3 },
})
  .webp({ lossless: true })
  .toBuffer();

/** Both edges less one, in 14 bits each, stand behind the chunk's head and a byte. */
function claimingWebp(): Buffer {
  const file = Buffer.from(LOSSLESS_WEBP);
  file.writeUInt32LE(16_382 * (1 + 2 ** 14), file.indexOf("VP8L") + 9);
  return file;
}

const BLACK = png({ side: 8, bits: 8 }).toString("base64");
const withImage = (file: Buffer) =>
  `{"input_data":[{"prompt":"a","image":"${file.toString("base64")}","mask_image":"${BLACK}"}]}`;

const OK = /^\[\{"prompt":"a","generated_image":"[^"]+","nsfw_content_detected":null\}\]$/;
const taken = (what: string, file: Buffer): HostileCase => ({
  what,
  body: () => withImage(file),
  status: 200,
  says: OK,
});
const refused = (what: string, file: Buffer, says: RegExp): HostileCase => ({
  what,
  body: () => withImage(file),
  says,
});

const OTHERS: Readonly<Record<string, readonly [file: string, says: RegExp]>> = {
  "an SVG that loads a file": [
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><image href="file:///etc/passwd"/></svg>',
    /data\[0\]\.image: is SVG or other XML; accepted are PNG/,
  ],
  "XML that unfolds": [
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><svg>&b;</svg>',
    /is SVG or other XML/,
  ],
  "a PDF": ["%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", /is PDF/],
  "a HEIC": ["\0\0\0\x20ftypheic\0\0\0\0mif1heic", /is AVIF or HEIC/],
  "an AVIF": ["\0\0\0\x20ftypavif\0\0\0\0", /is AVIF or HEIC/],
  "a BMP": ["BM\x46\0\0\0\0\0\0\0", /is BMP/],
  "a PostScript": ["%!PS-Adobe-3.0 EPSF-3.0\n", /not an image/],
  "ImageMagick's own": ["push graphic-context\nviewbox 0 0 9 9\n", /not an image/],
};

export const IMAGE_BOMBS: readonly HostileCase[] = [
  refused(
    "a PNG of 30 000×30 000 bits",
    png({ side: 30_000, bits: 1 }),
    /30000×30000 is 900000000 pixels; at most 16777216/,
  ),
  taken("a PNG with 100 MB behind its pixels", png({ side: 8, bits: 8, pixels: MUCH })),
  taken("a PNG with a profile of 100 MB", png({ side: 8, bits: 8, before: [profile(MUCH)] })),
  taken("a PNG with a comment of 100 MB", png({ side: 8, bits: 8, before: [comment(MUCH)] })),
  taken(
    "a PNG with an international comment of 100 MB",
    png({ side: 8, bits: 8, before: [international(MUCH)] }),
  ),
  taken(
    "a PNG with 200 comments of 4 MB",
    png({ side: 8, bits: 8, before: Array.from({ length: 200 }, (_, i) => comment(SOME, `k${i}`)) }),
  ),
  taken("a GIF of 10 000 frames", gif(10_000)),
  taken("an animated GIF, of which the first frame counts", ANIMATED_GIF),
  taken("an animated WebP, likewise", ANIMATED_WEBP),
  refused(
    "a WebP that claims 16 383×16 383",
    claimingWebp(),
    /16383×16383 is 268402689 pixels; at most 16777216/,
  ),
  taken("a TIFF of 10 000 pages", tiff(inStrips(8, 8, RAW), Buffer.alloc(64), 10_000)),
  taken("a TIFF whose strip unfolds to 100 MB", tiff(inStrips(8, 2 ** 31, DEFLATE), MUCH)),
  taken("a TIFF whose pages never end", endlessTiff()),
  ...[1024, 65_536, 2 ** 20].map((side) =>
    refused(
      `a TIFF whose one tile is ${side}×${side}`,
      tiff(inTiles(side), MUCH),
      /image: TIFF cannot be decoded/,
    ),
  ),
  refused(
    "a TIFF of 2³¹×2³¹",
    tiff(inStrips(2 ** 31 - 1, 1, RAW), Buffer.alloc(64)),
    /TIFF cannot be decoded|pixels; at most/,
  ),
  ...Object.entries(OTHERS).map(([what, [file, says]]) => refused(what, latin1(file), says)),
];
