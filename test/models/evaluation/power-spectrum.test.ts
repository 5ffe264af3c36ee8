import assert from "node:assert/strict";
import { test } from "node:test";
import { PowerSpectrum } from "../../../models/evaluation/measures/power-spectrum.js";
import { Random } from "../../../models/scenes/random.js";

const SIDE = 16;
/** Of the waves of one cycle a window. */
const WAVES_AMPLITUDE = 40;

/** A window of waves of every direction, whose power falls as frequency to the power `slope`. */
function windowOf(random: Random, slope: number): Float64Array {
  const window = new Float64Array(SIDE * SIDE);
  for (let v = -SIDE / 2; v < SIDE / 2; v++)
    for (let u = 0; u < SIDE / 2; u++) {
      const frequency = Math.hypot(u, v);
      if (frequency === 0) continue;
      const amplitude = WAVES_AMPLITUDE * frequency ** (slope / 2);
      const phase = random.uniform(0, 2 * Math.PI);
      for (let i = 0; i < window.length; i++) {
        const angle = (2 * Math.PI * (u * (i % SIDE) + v * Math.floor(i / SIDE))) / SIDE + phase;
        window[i] = (window[i] ?? 0) + amplitude * Math.cos(angle);
      }
    }
  return window;
}

test("the slope is the one that the waves were made with", () => {
  for (const slope of [0, -1, -2, -3]) {
    const random = new Random(11);
    const spectrum = new PowerSpectrum(SIDE);
    for (let i = 0; i < 12; i++) spectrum.add(windowOf(random, slope));
    assert.ok(Math.abs(spectrum.slope() - slope) < 0.3, `${slope}: ${spectrum.slope()}`);
  }
});

test("a flat window has a level spectrum, and a window too small none", () => {
  const spectrum = new PowerSpectrum(SIDE);
  spectrum.add(new Float64Array(SIDE * SIDE).fill(90));
  assert.ok(Math.abs(spectrum.slope()) < 1e-6);
  assert.throws(() => new PowerSpectrum(4), /no spectrum/);
});

test("a faint signal sinks in the power of rounding where it would if the window had no taper", () => {
  const [slope, amplitude] = [-2, 0.2];
  const random = new Random(5);
  const spectrum = new PowerSpectrum(SIDE);
  for (let i = 0; i < 12; i++)
    spectrum.add(windowOf(random, slope).map((value) => (value * amplitude) / WAVES_AMPLITUDE));
  // |a · side² / 2|² / side² of a wave of amplitude a, and the variance of rounding; a taper weakens both alike
  const points = Array.from({ length: SIDE / 2 - 1 }, (_, i) => {
    const wave = (amplitude * SIDE) ** 2 / 4;
    return [Math.log(i + 2), Math.log(wave * (i + 2) ** slope + 1 / 12)] as const;
  });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, power]) => power))];
  const expected =
    mean(points.map(([at, power]) => (at - x) * (power - y))) / mean(points.map(([at]) => (at - x) ** 2));
  assert.ok(expected > -1.5 && expected < -1, `${expected}`);
  assert.ok(Math.abs(spectrum.slope() - expected) < 0.35, `${spectrum.slope()}, expected ${expected}`);
});
