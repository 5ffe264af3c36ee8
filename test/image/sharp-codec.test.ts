/** @file The image codec: Pillow's pixels from every accepted kind of file, and a clear refusal of the rest. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { z } from "zod";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { createSharpCodec } from "../../src/image/sharp-codec.js";
import { readGoldenJson } from "../support/golden.js";

const MAX_PIXELS = 16_777_216;
const codec = createSharpCodec({ maxPixels: MAX_PIXELS });
const DECODE = new URL("../../../test/fixtures/golden/decode/", import.meta.url);
const PHOTOGRAPH = new URL("../../../test/fixtures/dog-on-bench/image.png", import.meta.url);

const expectedPixels = z.record(
  z.string(),
  z.object({ mode: z.string(), width: z.number(), height: z.number(), rgb: z.base64() }),
);

/** The message of the refusal of `bytes`; fails when they are decoded. */
async function refusal(bytes: Uint8Array): Promise<string> {
  try {
    await codec.decode(bytes);
  } catch (error) {
    assert.ok(error instanceof InpaintError, String(error));
    assert.equal(error.code, "INVALID_INPUT");
    return error.message;
  }
  return assert.fail("the bytes were decoded");
}

function chunk(kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** A PNG that claims `width` × `height` RGB pixels and holds a few bytes of zeros. */
function bomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const emptyZlibStream = Buffer.from("789c030000000001", "hex");
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", emptyZlibStream),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

// Pillow: Image.open(file).convert("RGB"); made by test/scripts/goldens/decode.py
test("each kind of file decodes to Pillow's pixels", async (t) => {
  const files = Object.entries(readGoldenJson("decode/expected.json", expectedPixels));
  assert.ok(files.length > 30);
  for (const [name, golden] of files) {
    await t.test(`${name} (${golden.mode})`, async () => {
      const image = await codec.decode(await readFile(new URL(name, DECODE)));
      assert.deepEqual([image.width, image.height], [golden.width, golden.height]);
      assert.ok(Buffer.from(golden.rgb, "base64").equals(image.data), "pixels differ");
    });
  }
  t.diagnostic(`${files.length} files, max error 0 of max 255, tolerance 0`);
});

test("decoded pixels are plain bytes, whose slice is a copy: a Buffer's is not", async () => {
  for (const file of ["photo.jpg", "photo-cmyk.jpg"]) {
    const { data } = await codec.decode(await readFile(new URL(file, DECODE)));
    const before = data[0];
    data.slice().fill((before ?? 0) ^ 1);
    assert.equal(data[0], before, file);
  }
});

test("a view into a larger buffer is decoded, not the buffer", async () => {
  const file = await readFile(new URL("photo.png", DECODE));
  const larger = Buffer.concat([Buffer.alloc(100), file, Buffer.alloc(100)]);
  const image = await codec.decode(larger.subarray(100, 100 + file.length));
  assert.deepEqual(image, await codec.decode(file));
});

test("encoding and decoding a photograph gives its pixels back, as 8-bit RGB without metadata", async () => {
  const image = await codec.decode(await readFile(PHOTOGRAPH));
  const png = await codec.encode(image, { format: "png" });
  const { format, channels, depth, density, exif, icc } = await sharp(png).metadata();
  assert.deepEqual(
    { format, channels, depth, density, exif, icc },
    {
      format: "png",
      channels: 3,
      depth: "uchar",
      density: undefined,
      exif: undefined,
      icc: undefined,
    },
  );
  const again = await codec.decode(png);
  assert.deepEqual([again.width, again.height], [512, 512]);
  assert.ok(Buffer.from(again.data).equals(image.data));
});

test("a picture of few colours is still written as RGB, not with a palette", async () => {
  const png = await codec.encode({ width: 8, height: 8, data: new Uint8Array(192) }, { format: "png" });
  assert.equal(png[25], 2); // the colour type in IHDR: 2 is RGB, 3 would be a palette
});

test("encoding the same pixels twice gives the same bytes", async () => {
  const image = await codec.decode(await readFile(PHOTOGRAPH));
  assert.deepEqual(
    await codec.encode(image, { format: "png" }),
    await codec.encode(image, { format: "png" }),
  );
});

test("a bomb is refused from its header, with its size and the limit", async () => {
  assert.equal(
    await refusal(bomb(30_000, 30_000)),
    `30000×30000 is 900000000 pixels; at most ${MAX_PIXELS} are accepted`,
  );
  assert.match(await refusal(bomb(2_000_000_000, 2_000_000_000)), /^PNG cannot be decoded|pixels; at most/);
});

test("a ribbon is refused, however few its pixels are", async () => {
  for (const [width, height] of [
    [65_536, 1],
    [1, 65_536],
  ] as const) {
    const message = `${width}×${height}: an edge may have at most 65535 pixels`;
    assert.equal(await refusal(bomb(width, height)), message);
  }
});

test("the limit is on pixels, so a long thin image may pass", async () => {
  const data = new Uint8Array(8192 * 2 * 3).fill(9);
  const png = await codec.encode({ width: 8192, height: 2, data }, { format: "png" });
  assert.deepEqual(await createSharpCodec({ maxPixels: 16_384 }).decode(png), {
    width: 8192,
    height: 2,
    data,
  });
  await assert.rejects(
    createSharpCodec({ maxPixels: 16_383 }).decode(png),
    /8192×2 is 16384 pixels; at most 16383/,
  );
});

for (const name of [
  "photo.png",
  "photo.jpg",
  "photo-progressive.jpg",
  "photo.webp",
  "photo.gif",
  "photo.tiff",
]) {
  test(`a truncated ${name} is refused`, async () => {
    const file = await readFile(new URL(name, DECODE));
    const half = file.subarray(0, Math.floor(file.length / 2));
    assert.match(await refusal(half), /^(PNG|JPEG|WEBP|GIF|TIFF) cannot be decoded: damaged or cut short/);
  });
}

test("a truncated photograph is refused wherever it is cut", async () => {
  const file = await readFile(PHOTOGRAPH);
  for (const share of [0.01, 0.3, 0.6, 0.9, 0.99]) {
    assert.match(
      await refusal(file.subarray(0, Math.floor(file.length * share))),
      /^PNG cannot be decoded: /,
    );
  }
});

test("a PNG with a damaged byte in its pixels is refused", async () => {
  const file = Buffer.from(await readFile(PHOTOGRAPH));
  const middle = Math.floor(file.length / 2);
  file[middle] = (file[middle] ?? 0) ^ 0xff;
  assert.match(await refusal(file), /^PNG cannot be decoded: /);
});

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
const REFUSED = [
  ["an SVG", Buffer.from(SVG), "is SVG or other XML; "],
  ["an SVG after white space", Buffer.from(`\ufeff\n  ${SVG}`), "is SVG or other XML; "],
  ["a PDF", Buffer.from("%PDF-1.7\n"), "is PDF; "],
  ["a BMP", Buffer.from("BM\x46\0\0\0\0\0\0\0", "latin1"), "is BMP; "],
  ["an AVIF", Buffer.from("\0\0\0\x20ftypavif\0\0\0\0", "latin1"), "is AVIF or HEIC; "],
  ["a JPEG XL", Buffer.from("\0\0\0\x0cJXL \r\n\x87\n", "latin1"), "is JPEG XL; "],
  ["text", Buffer.from("hello world"), "not an image (begins with bytes 68 65 6c 6c 6f 20 77 6f); "],
  ["one byte", Buffer.from([1]), "not an image (begins with bytes 01); "],
] as const;
for (const [what, bytes, start] of REFUSED) {
  test(`${what} is refused by its first bytes, and the accepted formats are listed`, async () => {
    assert.equal(await refusal(bytes), `${start}accepted are PNG, JPEG, WEBP, GIF, TIFF`);
  });
}

test("no bytes at all are refused", async () => {
  assert.equal(await refusal(new Uint8Array(0)), "is empty");
});

test("libvips itself has no loader for what the first bytes would let through", async () => {
  await assert.rejects(sharp(Buffer.from(SVG)).metadata(), /unsupported image format/);
});
