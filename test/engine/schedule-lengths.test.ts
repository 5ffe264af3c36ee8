/** @file That a schedule is made once, by what is read of the checkpoint's config. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScheduleOptions } from "../../src/diffusion/scheduler/create-scheduler.js";
import type { SchedulerConfig } from "../../src/diffusion/scheduler/noise-scheduler.js";
import { MAX_SCHEDULES, ScheduleLengths } from "../../src/engine/schedule-lengths.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";

const PLAIN: ScheduleOptions = { numInferenceSteps: 4, strength: 1, eta: 0 };

/** A config that counts how often a schedule is made of it. */
function countedConfig() {
  const made = { count: 0 };
  const config: SchedulerConfig = {
    className: "PNDMScheduler",
    get numTrainTimesteps() {
      made.count++;
      return 1000;
    },
  };
  return { config, made };
}

/** How often the config is read for one schedule is the scheduler's affair. */
function readsOf(
  lengths: ScheduleLengths,
  { config, made }: ReturnType<typeof countedConfig>,
  options: ScheduleOptions,
) {
  const before = made.count;
  const length = lengths.unetCalls(config, options);
  return { length, isMade: made.count > before };
}

test("a schedule is made when it is asked for first; all that it depends on tells it from others", () => {
  const lengths = new ScheduleLengths();
  const counted = countedConfig();
  const expected: readonly (readonly [ScheduleOptions, number])[] = [
    [PLAIN, 5], // PNDM makes one call more
    [{ ...PLAIN, numInferenceSteps: 8 }, 9],
    [{ ...PLAIN, strength: 0.5 }, 3],
    [{ ...PLAIN, scheduler: "HeunDiscrete" }, 7],
    [{ ...PLAIN, scheduler: "DDIM" }, 4],
    [{ ...PLAIN, scheduler: "DDIM", eta: 1 }, 4],
  ];
  for (const isMade of [true, false]) {
    for (const [options, length] of expected) {
      assert.deepEqual(readsOf(lengths, counted, options), { length, isMade }, JSON.stringify(options));
    }
  }
});

test("that there is no such schedule is remembered too, with the reason", () => {
  const lengths = new ScheduleLengths();
  const counted = countedConfig();
  const none = { ...PLAIN, numInferenceSteps: 1001 };
  for (const isMade of [true, false]) {
    const told = readsOf(lengths, counted, none);
    assert.ok(told.length instanceof InpaintError);
    assert.equal(told.length.code, "INVALID_INPUT");
    assert.match(told.length.message, /^num_inference_steps is 1001/);
    assert.equal(told.isMade, isMade);
  }
});

test("another checkpoint's schedules are other ones", () => {
  const lengths = new ScheduleLengths();
  const [one, other] = [countedConfig(), countedConfig()];
  for (const counted of [one, other, one]) {
    assert.equal(readsOf(lengths, counted, PLAIN).isMade, true);
    assert.equal(readsOf(lengths, counted, PLAIN).isMade, false);
  }
});

test("no more than so many are remembered: who asks for ever other ones fills no memory", () => {
  const lengths = new ScheduleLengths();
  const counted = countedConfig();
  const nth = (i: number): ScheduleOptions => ({ ...PLAIN, scheduler: "DDIM", eta: i / MAX_SCHEDULES });
  for (let i = 0; i <= MAX_SCHEDULES; i++) assert.equal(readsOf(lengths, counted, nth(i)).isMade, true);
  assert.equal(readsOf(lengths, counted, nth(1)).isMade, false);
  assert.equal(readsOf(lengths, counted, nth(0)).isMade, true);
});
