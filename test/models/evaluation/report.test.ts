import assert from "node:assert/strict";
import { test } from "node:test";
import {
  continuityReport,
  scenesReport,
  steeringReport,
  timeReport,
} from "../../../models/evaluation/report.js";

test("scenes: the first against each other, scene by scene", () => {
  const scenes = (...distances: number[]) => {
    const each = distances.map((distance) => ({ distance, psnr: 20 }));
    return { mean: { distance: 0.5, psnr: 20 }, scenes: each };
  };
  const text = scenesReport(
    new Map([
      ["the model", scenes(1, 2, 3, 4)],
      ["grey", scenes(2, 1, 4, 5)],
    ]),
  );
  assert.match(text, /strokes and boxes: 4/);
  assert.match(text, /\| the model \| 0\.500 \| {2}\| 20\.00 \|/);
  assert.match(text, /\| grey \| 0\.500 \| 75\.0 % \| 20\.00 \|/);
});

test("steering: each share with its number of cases and its interval, and what few cases cannot say", () => {
  const one = { colour: "red", shape: "ball", heldOut: false, seed: 0, repeat: 0 } as const;
  const red = { ...one, found: "red" } as const;
  const none = { ...one, found: undefined } as const;
  const text = steeringReport({
    asked: [red, red, red, none],
    withoutGuidance: [none, none, none, red],
    emptyPrompt: [none, none, none, red],
  });
  assert.match(text, /\| default guidance \| 75\.0 % of 4 \(30\.1–95\.4\) \| – of 0 \|/);
  assert.match(text, /\| guidance 1 \| 25\.0 % of 4/);
  assert.match(text, /\| 25\.0 % of 4 \([^|]*\) \| red \| 100\.0 % of 1 \([^|]*\) \| 100\.0 % \|/);
  assert.match(text, /1 cases with a hue are too few/);
});

test("continuity: the median, and how many cases are within", () => {
  const untouched = { edge: 1, seam: 1, deviation: 1, slope: 1 };
  const one = (seam: number) => ({ ...untouched, seam, seed: 0, prompt: "", untouched });
  const text = continuityReport([one(1), one(1.2), one(3)]);
  assert.match(
    text,
    /local mean across the edge ÷ untouched \| 1\.20 \| 66\.7 % of 3 .* \| 1\.00 \| 100\.0 %/,
  );
});

test("time in seconds", () => {
  assert.match(
    timeReport([{ side: 256, fastestMs: 1004, medianMs: 1996 }]),
    /\| 256×256 \| 1\.00 \| 2\.00 \|/,
  );
});
