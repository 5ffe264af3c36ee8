/**
 * @file Pictures as the text that a request holds them in: good ones of every accepted format, files that are none,
 * damaged ones, and base64 well and badly written. Knows files and base64; knows no request.
 */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { damaged, damages } from "../support/damage.js";

const gradient = (width: number, height: number, channels: 1 | 3 | 4) =>
  sharp(Buffer.from(Array.from({ length: width * height * channels }, (_, i) => (i * 37) % 256)), {
    raw: { width, height, channels },
  });
const file = (image: Sharp) => image.toBuffer();

const GOOD: readonly Buffer[] = await Promise.all([
  file(gradient(16, 16, 3).png()),
  file(gradient(8, 24, 1).toColourspace("b-w").png()),
  file(gradient(8, 8, 4).png()),
  file(gradient(16, 16, 3).png({ palette: true })),
  file(gradient(9, 9, 3).png({ progressive: true })),
  file(gradient(16, 16, 3).jpeg()),
  file(gradient(16, 8, 3).jpeg({ progressive: true })),
  file(gradient(16, 16, 3).webp()),
  file(gradient(16, 16, 3).webp({ lossless: true })),
  file(gradient(16, 16, 3).gif()),
  file(gradient(16, 16, 3).tiff({ compression: "lzw" })),
  file(
    gradient(16, 16, 3)
      .withExif({ IFD0: { Orientation: "6" } })
      .jpeg(),
  ),
  file(gradient(1, 1, 3).png()),
]);
const [PNG = Buffer.alloc(0)] = GOOD;

/** A file whose header claims other edges than it has pixels for. */
function claiming(width: number, height: number): Buffer {
  const claim = Buffer.from(PNG);
  claim.writeUInt32BE(width, 16);
  claim.writeUInt32BE(height, 20);
  claim.writeUInt32BE(crc32(claim.subarray(12, 29)), 29);
  return claim;
}

/** Of which no pixel is decoded. */
const BOMBS: readonly Buffer[] = [
  claiming(30_000, 30_000),
  claiming(2 ** 31 - 1, 2 ** 31 - 1),
  claiming(65_536, 1),
  claiming(257, 256),
];

const NONE: readonly Buffer[] = [
  Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><image href="/etc/passwd"/></svg>',
  ),
  Buffer.from('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg>&e;</svg>'),
  Buffer.from("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"),
  Buffer.from("BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "latin1"),
  Buffer.from("\0\0\0\x20ftypheic\0\0\0\0mif1heic", "latin1"),
  Buffer.from("\0\0\0\x0cJXL \r\n\x87\n", "latin1"),
  Buffer.from("%!PS-Adobe-3.0 EPSF-3.0\n"),
  Buffer.from("push graphic-context\nviewbox 0 0 640 480\n"),
  Buffer.alloc(0),
  Buffer.from("x"),
  PNG.subarray(0, 8),
  Buffer.from("GIF89a"),
  Buffer.from("RIFF\xff\xff\xff\xffWEBP", "latin1"),
  Buffer.from("II*\0\x08\0\0\0", "latin1"),
  claiming(0, 1),
];

type Write = (bytes: Buffer) => string;
const base64: Write = (bytes) => bytes.toString("base64");
const WELL_WRITTEN: readonly Write[] = [
  base64,
  base64,
  (bytes) => base64(bytes).replace(/.{76}|.+$/g, "$&\n"), // Python's encodebytes
  (bytes) => `data:image/png;base64,${base64(bytes)}`,
  (bytes) => bytes.toString("base64url"),
];
const BADLY_WRITTEN: readonly Write[] = [
  (bytes) => bytes.toString("latin1"),
  (bytes) => bytes.toString("hex"),
  (bytes) => `data:text/html;base64,${base64(bytes)}`,
  (bytes) => `${base64(bytes)}=====`,
  (bytes) => `=${base64(bytes)}`,
  (bytes) => base64(bytes).slice(0, -3),
  (bytes) => base64(bytes).replace(/^(.{9})/, "$1\u{1f600}"),
  (bytes) => base64(bytes).replace(/^(.{9})/, "$1\ud800"),
  (bytes) => base64(bytes).replace(/^(.{9})/, "$1\0"),
  () => "http://127.0.0.1:1/image.png",
  () => "file:///etc/passwd",
];

const goodFiles = fc.constantFrom(...GOOD);
const writtenBy = (files: fc.Arbitrary<Buffer>, ways: readonly Write[]) =>
  fc.tuple(files, fc.constantFrom(...ways)).map(([bytes, write]) => write(bytes));

export const goodPictures: fc.Arbitrary<string> = writtenBy(goodFiles, WELL_WRITTEN);

const damagedFiles = fc.tuple(goodFiles, damages).map(([whole, all]) => damaged(whole, all));

export const badPictures: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: writtenBy(damagedFiles, WELL_WRITTEN) },
  { weight: 2, arbitrary: writtenBy(fc.constantFrom(...NONE), WELL_WRITTEN) },
  { weight: 1, arbitrary: writtenBy(fc.constantFrom(...BOMBS), WELL_WRITTEN) },
  { weight: 2, arbitrary: writtenBy(goodFiles, BADLY_WRITTEN) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
);
