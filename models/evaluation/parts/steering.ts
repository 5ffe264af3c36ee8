/** @file Whether the prompt decides which colour fills the hole: with guidance, without, and without a prompt. */
import { HUE_NAMES, type HueName } from "../../scenes/colour.js";
import { type Pair, steeringCase } from "../cases/steering-case.js";
import type { InpaintingServer } from "../inpainting-server.js";
import { dominantHue } from "../measures/dominant-hue.js";
import { largestShareByChance } from "../measures/no-preference.js";
import { type Rate, rateAmong, rateOf } from "../measures/rate.js";
import { type Progress, severalAtOnce } from "../several-at-once.js";

export interface SteeredCase extends Pair {
  readonly seed: number;
  /** Which case of its pair, from 0. */
  readonly repeat: number;
  /** The hue that dominates the hole; absent where none does. */
  readonly found: HueName | undefined;
}

/** How many cases have the hue asked for as their dominant one. */
export interface SteeringRates {
  readonly trained: Rate;
  readonly heldOut: Rate;
  /** Every pair as often as every other: no more of a pair's cases than each pair has. */
  readonly allAlike: Rate;
}

export interface Steering {
  readonly asked: readonly SteeredCase[];
  readonly withoutGuidance: readonly SteeredCase[];
  readonly emptyPrompt: readonly SteeredCase[];
}

export interface SteeringOptions {
  readonly pairs: readonly Pair[];
  /** Cases of each pair that training shows, each with a background, a hole and a seed of its own. */
  readonly repeats: number;
  /** The same of each held-out pair, of which there are few. */
  readonly heldOutRepeats: number;
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
  { pairs, repeats, heldOutRepeats, side, progress }: SteeringOptions,
): Promise<readonly SteeredCase[]> {
  const cases = pairs.flatMap((pair) =>
    Array.from({ length: pair.heldOut ? heldOutRepeats : repeats }, (_, repeat) => ({ pair, repeat })),
  );
  return severalAtOnce(
    cases,
    async ({ pair, repeat }) => {
      const { seed, background, mask, prompt } = await steeringCase(pair, repeat, side);
      const result = await server.inpaint({
        image: background,
        mask,
        seed,
        prompt: how === "empty prompt" ? "" : prompt,
        ...(how === "guidance 1" && { guidanceScale: 1 }),
      });
      return { ...pair, seed, repeat, found: dominantHue(result, background, mask) };
    },
    (done) => progress(`steering, ${how}`, done, cases.length),
  );
}

export function ratesRight(cases: readonly SteeredCase[]): SteeringRates {
  const isRight = ({ colour, found }: SteeredCase) => found === colour;
  const [heldOut, trained] = [cases.filter((one) => one.heldOut), cases.filter((one) => !one.heldOut)];
  const repeats = (some: readonly SteeredCase[]) => Math.max(...some.map(({ repeat }) => repeat + 1));
  const each = Math.min(...[heldOut, trained].filter((some) => some.length > 0).map(repeats));
  return {
    trained: rateAmong(trained, isRight),
    heldOut: rateAmong(heldOut, isRight),
    allAlike: rateAmong(
      cases.filter(({ repeat }) => repeat < each),
      isRight,
    ),
  };
}

/** What the cases that show a hue at all say of a preference: one without a hue prefers none, and shows nothing else. */
export interface Preference {
  /** The cases that show one, among all. */
  readonly coloured: Rate;
  /** The most frequent; absent where no case shows one. */
  readonly hue: HueName | undefined;
  /** Its cases among the coloured ones. */
  readonly most: Rate;
  /** A share of the coloured cases above it would hardly come up if no hue were preferred; 1: none would say anything. */
  readonly bound: number;
  /** Whether the share is above the bound. */
  readonly isPreferred: boolean;
  /** Too few coloured cases to see any but a strong preference. */
  readonly isVague: boolean;
}

/** With fewer coloured cases even a hue in every third of them is no more than chance. */
const FEWEST_TELLING = 24;

export function preferenceOf(cases: readonly SteeredCase[]): Preference {
  const found = cases.flatMap((one) => (one.found === undefined ? [] : [one.found]));
  const counted = HUE_NAMES.map((hue) => ({ hue, hits: found.filter((name) => name === hue).length }));
  const { hue, hits } = counted.reduce((best, next) => (next.hits > best.hits ? next : best));
  const most = rateOf(hits, found.length);
  const bound = found.length === 0 ? 1 : largestShareByChance(found.length, HUE_NAMES.length);
  return {
    coloured: rateOf(found.length, cases.length),
    hue: hits === 0 ? undefined : hue,
    most,
    bound,
    isPreferred: most.share > bound,
    isVague: found.length < FEWEST_TELLING,
  };
}
