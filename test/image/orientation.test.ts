/** @file Images turned as their EXIF says, against Pillow (test/scripts/goldens/orientation.py), and what is said of those that are not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createSharpCodec } from "../../src/image/sharp-codec.js";
import { readGoldenJson } from "../support/golden.js";

const codec = createSharpCodec({ maxPixels: 1_000_000 });
const cases = readGoldenJson(
  "orientation/cases.json",
  z.array(
    z.strictObject({
      format: z.enum(["PNG", "JPEG", "WEBP", "TIFF"]),
      orientation: z.int(),
      file: z.base64(),
      width: z.int(),
      height: z.int(),
      rgb: z.base64(),
    }),
  ),
);

for (const { format, orientation, file, width, height, rgb } of cases) {
  const bytes = Buffer.from(file, "base64");
  test(`a ${format} of orientation ${orientation} is turned as Pillow turns it`, async () => {
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    const image = await codec.decode(bytes, { exifTranspose: true, onWarning });
    assert.deepEqual([image.width, image.height], [width, height]);
    assert.deepEqual(Buffer.from(image.data), Buffer.from(rgb, "base64"));
    assert.deepEqual(warnings, []);
  });

  test(`a ${format} of orientation ${orientation} is left as it is, and its reader told so`, async () => {
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    const image = await codec.decode(bytes, { exifTranspose: false, onWarning });
    assert.deepEqual([image.width, image.height], [5, 3]);
    const isTurned = orientation >= 2 && orientation <= 8;
    assert.equal(warnings.length, isTurned ? 1 : 0, warnings.join());
    if (isTurned) assert.match(warnings.join(), new RegExp(`orientation ${orientation} was ignored`));
  });
}

test("every orientation is among the cases", () => {
  const orientations = cases.filter(({ format }) => format === "PNG").map(({ orientation }) => orientation);
  assert.deepEqual(orientations, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
