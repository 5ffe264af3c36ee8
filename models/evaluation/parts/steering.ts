/** @file Whether the prompt decides which colour fills the hole: with guidance, without, and without a prompt. */
import { HUE_NAMES, type HueName } from "../../scenes/colour.js";
import { type Pair, steeringCase } from "../cases/steering-case.js";
import type { InpaintingServer } from "../inpainting-server.js";
import { dominantHue } from "../measures/dominant-hue.js";
import { largestShareByChance } from "../measures/no-preference.js";
import { type Progress, severalAtOnce } from "../several-at-once.js";

export interface SteeredCase extends Pair {
  readonly seed: number;
  /** The hue that most of the hole's saturated pixels have; absent where there are next to none. */
  readonly found: HueName | undefined;
}

/** Shares of cases whose dominant hue is the one asked for, 0 … 1; NaN where there was no case. */
export interface SteeringShares {
  readonly trained: number;
  readonly heldOut: number;
  readonly all: number;
}

export interface Steering {
  readonly asked: readonly SteeredCase[];
  readonly withoutGuidance: readonly SteeredCase[];
  readonly emptyPrompt: readonly SteeredCase[];
}

export interface SteeringOptions {
  readonly pairs: readonly Pair[];
  /** Cases of each pair, each with a background, a hole and a seed of its own. */
  readonly repeats: number;
  readonly side: number;
  readonly progress: Progress;
}

/** The same backgrounds, holes and seeds three times. */
export async function measureSteering(server: InpaintingServer, options: SteeringOptions): Promise<Steering> {
  return {
    asked: await steered(server, "asked", options),
    withoutGuidance: await steered(server, "guidance 1", options),
    emptyPrompt: await steered(server, "empty prompt", options),
  };
}

async function steered(
  server: InpaintingServer,
  how: "asked" | "guidance 1" | "empty prompt",
  { pairs, repeats, side, progress }: SteeringOptions,
): Promise<readonly SteeredCase[]> {
  const cases = Array.from({ length: repeats }, (_, repeat) =>
    pairs.map((pair) => ({ pair, repeat })),
  ).flat();
  return severalAtOnce(
    cases,
    async ({ pair, repeat }) => {
      const { colour, shape, heldOut, seed, background, mask, prompt } = await steeringCase(
        pair,
        repeat,
        side,
      );
      const result = await server.inpaint({
        image: background,
        mask,
        seed,
        prompt: how === "empty prompt" ? "" : prompt,
        ...(how === "guidance 1" && { guidanceScale: 1 }),
      });
      return { colour, shape, heldOut, seed, found: dominantHue(result, background, mask) };
    },
    (done) => progress(`steering, ${how}`, done, cases.length),
  );
}

export function sharesRight(cases: readonly SteeredCase[]): SteeringShares {
  const share = (counted: readonly SteeredCase[]) =>
    counted.filter(({ colour, found }) => found === colour).length / counted.length;
  return {
    trained: share(cases.filter(({ heldOut }) => !heldOut)),
    heldOut: share(cases.filter(({ heldOut }) => heldOut)),
    all: share(cases),
  };
}

export interface Preference {
  readonly hue: HueName;
  /** Of all cases, 0 … 1. */
  readonly share: number;
  /** A share above it would hardly come up if no hue were preferred. */
  readonly bound: number;
}

/** The most frequent of the hues that were found. */
export function preferenceOf(cases: readonly SteeredCase[]): Preference {
  const counted = HUE_NAMES.map((hue) => ({
    hue,
    share: cases.filter(({ found }) => found === hue).length / cases.length,
  }));
  const most = counted.reduce((best, next) => (next.share > best.share ? next : best));
  return { ...most, bound: largestShareByChance(cases.length, HUE_NAMES.length) };
}
