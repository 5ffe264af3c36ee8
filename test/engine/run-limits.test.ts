import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnnouncedRun, RunLimits } from "../../src/engine/run-limits.js";

const unet = (rows: number, edge: number): AnnouncedRun => ({
  stage: "denoise",
  run: { kind: "unet", rows, height: edge, width: edge },
});
const pixels = (stage: "prepare" | "finish"): AnnouncedRun => ({
  stage,
  run: { kind: "pixels", rows: 1, height: 64, width: 64 },
});
const FIRST_OF_ITS_KIND_MS = 600_000;

test("a run that was measured may take three times as long, and two seconds", () => {
  const limits = new RunLimits();
  limits.observe(unet(2, 512), 400);
  assert.equal(limits.limitMs(unet(2, 512)), 3200);
});

test("the longest lately counts, and fades", () => {
  const limits = new RunLimits();
  limits.observe(unet(2, 512), 1000);
  limits.observe(unet(2, 512), 10);
  assert.equal(limits.limitMs(unet(2, 512)), 4940);
  for (let i = 0; i < 500; i++) limits.observe(unet(2, 512), 10);
  assert.equal(limits.limitMs(unet(2, 512)), 2030);
});

test("the first run of a stage has ten minutes, whatever others took", () => {
  const limits = new RunLimits();
  assert.equal(limits.limitMs(pixels("finish")), FIRST_OF_ITS_KIND_MS);
  limits.observe(pixels("prepare"), 1);
  assert.equal(limits.limitMs(pixels("finish")), FIRST_OF_ITS_KIND_MS, "another stage of the same kind");
});

test("the farther a run is from what was measured, the longer it may take", () => {
  const limits = new RunLimits();
  limits.observe(unet(2, 512), 1000);
  assert.equal(limits.limitMs(unet(8, 512)), 3 * 4 * 1000 + 30_000, "more rows");
  assert.equal(limits.limitMs(unet(2, 1024)), 3 * 16 * 1000 + 120_000, "as attention grows at most");
  assert.equal(limits.limitMs(unet(1, 64)), 3 * 1000 + 120_000, "a smaller one is not expected to be faster");
  limits.observe(unet(2, 768), 2000);
  assert.ok(limits.limitMs(unet(2, 1024)) < 3 * 16 * 1000 + 120_000, "what is nearer says more");
});

test("a run that was given up may take twice as long the next time, until one has ended", () => {
  const limits = new RunLimits();
  limits.observe(unet(2, 512), 1000);
  limits.givenUp(unet(2, 512));
  limits.givenUp(unet(2, 512));
  assert.equal(limits.limitMs(unet(2, 512)), 20_000);
  limits.observe(unet(2, 512), 6000);
  assert.equal(limits.limitMs(unet(2, 512)), 20_000, "measured anew: 3 × 6 s + 2 s");
  limits.givenUp(unet(4, 512));
  assert.equal(limits.limitMs(unet(4, 512)), 2 * (3 * 2 * 6000 + 30_000), "also one that never was measured");
});
