/** @file The evaluation's figures as tables in Markdown. Knows how they are called; measures nothing. */
import type { Rate } from "./measures/rate.js";
import { rateAmong } from "./measures/rate.js";
import {
  CONTINUITY_MEASURES,
  type ContinuityCase,
  type ContinuityMeasure,
  isWithin,
  medianContinuity,
} from "./parts/continuity.js";
import type { FilledScenes } from "./parts/held-out-scenes.js";
import { type Preference, preferenceOf, ratesRight, type Steering } from "./parts/steering.js";
import type { Timing } from "./parts/timing.js";

export function scenesReport(filled: ReadonlyMap<string, FilledScenes>): string {
  const [first] = filled.values();
  const rows = [...filled].map(([name, { mean, scenes }]) => {
    const nearer = scenes.filter(({ distance }, i) => (first?.scenes[i]?.distance ?? 0) < distance).length;
    const beaten = scenes === first?.scenes ? "" : percent(nearer / scenes.length);
    return [name, mean.distance.toFixed(3), beaten, mean.psnr.toFixed(2)];
  });
  return section(
    `Held-out scenes, holes of strokes and boxes: ${first?.scenes.length ?? 0}`,
    ["in the hole", "sliced Wasserstein distance", "the first is nearer in", "PSNR, dB"],
    rows,
  );
}

export function steeringReport({ asked, withoutGuidance, emptyPrompt }: Steering): string {
  const row = (name: string, cases: Steering["asked"]) => {
    const { trained, heldOut, allAlike } = ratesRight(cases);
    return [name, rate(trained), rate(heldOut), rate(allAlike)];
  };
  const { coloured, hue, most, bound } = preferenceOf(emptyPrompt);
  return [
    section(
      `Dominant hue is the one asked for (95 % interval): ${asked.length} cases`,
      ["", "trained pairs", "held-out pairs", "all pairs alike"],
      [row("default guidance", asked), row("guidance 1", withoutGuidance)],
    ),
    section(
      `Empty prompt: ${emptyPrompt.length} cases`,
      ["show a hue", "most frequent", "of those that show one", "by chance at most"],
      [[rate(coloured), hue ?? "–", rate(most), percent(bound)]],
    ),
    verdict(preferenceOf(emptyPrompt)),
  ].join("\n\n");
}

function verdict({ coloured, hue, isPreferred, isVague }: Preference): string {
  const said = isPreferred
    ? `An empty prompt prefers ${hue}.`
    : "No hue is preferred that chance would not prefer.";
  return isVague
    ? `${said} ${coloured.hits} cases with a hue are too few to see any but a strong preference.`
    : said;
}

const MEASURE_NAMES = {
  edge: "jump across the edge ÷ untouched",
  seam: "step of the local mean across the edge ÷ untouched",
  deviation: "standard deviation, hole ÷ surround",
  slope: "spectrum's slope, hole ÷ surround",
} as const satisfies Record<ContinuityMeasure, string>;

export function continuityReport(cases: readonly ContinuityCase[]): string {
  const result = medianContinuity(cases);
  const untouched = medianContinuity(cases.map((one) => one.untouched));
  const rows = CONTINUITY_MEASURES.map((measure) => [
    MEASURE_NAMES[measure],
    result[measure].toFixed(2),
    rate(rateAmong(cases, (one) => isWithin(measure, one[measure]))),
    untouched[measure].toFixed(2),
    rate(rateAmong(cases, (one) => isWithin(measure, one.untouched[measure]))),
  ]);
  return section(
    `Continuity: ${cases.length} backgrounds`,
    ["ratio", "median", "within 1.5 ×", "untouched: median", "untouched: within"],
    rows,
  );
}

export function timeReport(timings: readonly Timing[]): string {
  return section(
    "Time of a default request, nothing else running",
    ["size", "fastest, s", "median, s"],
    timings.map(({ side, fastestMs, medianMs }) => [
      `${side}×${side}`,
      seconds(fastestMs),
      seconds(medianMs),
    ]),
  );
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [`### ${title}`, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** As "91.7 % of 84 (83.8–96.0)". */
const rate = ({ share, of, low, high }: Rate): string =>
  of === 0 ? "– of 0" : `${percent(share)} of ${of} (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const seconds = (ms: number): string => (ms / 1000).toFixed(2);
