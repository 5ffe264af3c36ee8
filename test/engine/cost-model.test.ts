/** @file What is learned from measured runs, and what is said of runs and jobs that were not measured. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CostModel } from "../../src/engine/cost-model.js";
import { type DeviceRun, RUN_KINDS, type RunKind } from "../../src/engine/device-run.js";
import { workOf } from "../../src/engine/job-work.js";

const run = (kind: RunKind, edge: number, rows = 1): DeviceRun => ({ kind, rows, height: edge, width: edge });
const unet = (edge: number, rows = 1) => run("unet", edge, rows);

function learned(...measured: readonly (readonly [run: DeviceRun, ms: number])[]): CostModel {
  const costs = new CostModel();
  for (const [what, ms] of measured) costs.observe(what, ms);
  return costs;
}

const near = (actual: number | undefined, expected: number) =>
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= 1e-6 * expected,
    `${actual}, not ${expected}`,
  );

test("work is UNet calls × rows × pixels", () => {
  assert.equal(workOf({ unetCalls: 50, rows: 2, height: 512, width: 256 }), 50 * 2 * 512 * 256);
});

test("nothing is said of a kind that never ran", () => {
  const costs = learned([unet(512), 80]);
  for (const kind of RUN_KINDS) {
    assert.equal(costs.expectedMs(run(kind, 512)), kind === "unet" ? 80 : undefined);
  }
  assert.equal(costs.jobMs({ unetCalls: 1, rows: 1, height: 512, width: 512 }), 80);
  const other = learned([run("vaeDecode", 512), 80]);
  assert.equal(other.jobMs({ unetCalls: 1, rows: 1, height: 512, width: 512 }), undefined);
});

test("a size that was measured is not estimated from others", () => {
  const costs = learned([unet(512), 80], [unet(1024), 7], [unet(256), 1]);
  assert.equal(costs.expectedMs(unet(512)), 80);
  assert.equal(costs.expectedMs(unet(1024)), 7);
});

test("time grows with the size: faster than the pixels where these are many, slower where they are few", () => {
  const costs = learned([unet(512), 100]);
  const ms = (edge: number) => costs.expectedMs(unet(edge)) ?? 0;
  assert.ok(ms(1024) > 4 * 100 && ms(1024) < 16 * 100, `${ms(1024)}`);
  assert.ok(ms(256) < 25 && ms(256) > 100 / 16, `${ms(256)}`);
  assert.ok(ms(64) > 100 / 64, `${ms(64)}`);
});

// one thread of an AMD Zen core, median of 4: milliseconds of a call of the random checkpoint's UNet with one row
test("the rule is within a factor of 1.5 of what the random checkpoint took", (t) => {
  const took = new Map([
    [64, 4],
    [256, 11.5],
    [768, 379.2],
    [1024, 1159.8],
  ]);
  const costs = learned([unet(512), 85.7]);
  for (const [edge, ms] of took) {
    const said = costs.expectedMs(unet(edge)) ?? 0;
    t.diagnostic(`${edge}×${edge}: ${said.toFixed(1)} ms said, ${ms} ms taken`);
    assert.ok(Math.max(said / ms, ms / said) < 1.5);
  }
});

test("the nearest size is asked, then the nearest batch size", () => {
  const costs = learned([unet(256, 4), 40], [unet(512, 1), 1000], [unet(512, 8), 4000]);
  near(costs.expectedMs(unet(512, 2)), 2000);
  near(costs.expectedMs(unet(512, 6)), 3000);
  near(costs.expectedMs(unet(256, 1)), 10);
});

test("a text run has no size, and rows count in proportion", () => {
  const costs = learned([run("text", 0), 3]);
  assert.equal(costs.expectedMs(run("text", 0)), 3);
  near(costs.expectedMs(run("text", 0, 2)), 6);
});

test("a job is its calls and the stages around them, and after the first call only what comes then", () => {
  const costs = learned(
    [run("pixels", 512), 1],
    [run("text", 0), 10],
    [run("vaeEncode", 512), 100],
    [unet(512, 2), 2000],
    [run("vaeDecode", 512), 400],
  );
  const work = { unetCalls: 50, rows: 2, height: 512, width: 512 } as const;
  assert.equal(costs.jobMs(work), 1 + 2 * 10 + 100 + 50 * 2000 + 400 + 1);
  assert.equal(costs.jobMs(work, 50), costs.jobMs(work));
  assert.equal(costs.jobMs(work, 49), 49 * 2000 + 400 + 1);
  assert.equal(costs.jobMs(work, 0), 400 + 1);
  assert.equal(costs.jobMs({ ...work, rows: 1 }), 1 + 10 + 100 + 50 * 1000 + 400 + 1);
});

test("a job pays for its rows what rows cost in the batches that its size had", () => {
  const costs = learned([unet(512, 2), 100]);
  const work = { unetCalls: 10, rows: 2, height: 512, width: 512 } as const;
  assert.equal(costs.jobMs(work), 1000);
  for (let i = 0; i < 100; i++) costs.observe(unet(512, 16), 200);
  near(costs.jobMs(work), 10 * 2 * (200 / 16));
  assert.equal(costs.expectedMs(unet(512, 2)), 100);
});

test("a machine that gets slower is followed", () => {
  const costs = new CostModel();
  for (let i = 0; i < 500; i++) costs.observe(unet(512), 100);
  for (let i = 0; i < 50; i++) costs.observe(unet(512), 300);
  const said = costs.expectedMs(unet(512)) ?? 0;
  assert.ok(said > 298 && said < 300, `${said}`);
});

test("sharing pays where two rows cost less than one and a half", () => {
  assert.equal(new CostModel().sharingPays, false);
  assert.equal(learned([unet(512, 2), 100]).sharingPays, false);
  assert.equal(learned([unet(512, 2), 100], [unet(256, 4), 30]).sharingPays, false);
  assert.equal(learned([unet(512, 1), 100], [unet(512, 2), 149]).sharingPays, true);
  assert.equal(learned([unet(512, 1), 100], [unet(512, 2), 151]).sharingPays, false);
  assert.equal(learned([unet(512, 2), 100], [unet(512, 16), 100 * 1.49 ** 3]).sharingPays, true);
  assert.equal(learned([unet(512, 2), 100], [unet(512, 16), 100 * 1.51 ** 3]).sharingPays, false);
});

test("of sizes that disagree about sharing, the one that takes long decides", () => {
  const small = [[unet(64, 1), 4] as const, [unet(64, 4), 5] as const];
  assert.equal(learned(...small).sharingPays, true);
  assert.equal(learned(...small, [unet(512, 1), 86], [unet(512, 4), 333]).sharingPays, false);
});

test("the longest run is the longest of those that are remembered", () => {
  assert.equal(new CostModel().longestRunMs, 0);
  assert.equal(
    learned([unet(512, 8), 90], [run("vaeDecode", 512), 200], [run("text", 0), 3]).longestRunMs,
    200,
  );
});

test("sizes that callers choose fill no memory, and those in use are not forgotten", () => {
  const costs = learned([unet(9999), 1e6]);
  for (let edge = 1; edge <= 5000; edge++) {
    costs.observe(unet(edge), edge);
    costs.observe(unet(512, 3), 77);
    costs.jobMs({ unetCalls: 1, rows: 1, height: edge, width: edge });
  }
  assert.equal(costs.expectedMs(unet(512, 3)), 77);
  assert.equal(costs.longestRunMs, 5000, "the first size is forgotten");
});

test("a time that is none is refused", () => {
  for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => learned([unet(512), ms]), /a unet run took (-1|NaN|Infinity) ms/);
  }
});

test("whatever was measured, what is expected is finite, not negative and grows with the rows", () => {
  const edge = fc.integer({ min: 8, max: 2048 });
  const rows = fc.integer({ min: 1, max: 32 });
  const measured = fc.array(fc.tuple(edge, rows, fc.double({ min: 0.01, max: 1e6, noNaN: true })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(measured, edge, (runs, asked) => {
      const costs = learned(...runs.map(([size, batch, ms]) => [unet(size, batch), ms] as const));
      const one = costs.expectedMs(unet(asked)) ?? Number.NaN;
      assert.ok(Number.isFinite(one) && one > 0);
      const work = { unetCalls: 3, rows: 1, height: asked, width: asked } as const;
      const job = costs.jobMs(work) ?? Number.NaN;
      assert.ok(Number.isFinite(job) && job > 0);
      near(costs.jobMs({ ...work, rows: 2 }), 2 * job);
    }),
  );
});
