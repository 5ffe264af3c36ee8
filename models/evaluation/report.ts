/** @file The evaluation's figures as tables in Markdown. Knows how they are called; measures nothing. */
import { type ContinuityCase, isWithin, medianContinuity } from "./parts/continuity.js";
import type { FilledScenes } from "./parts/held-out-scenes.js";
import { preferenceOf, type Steering, sharesRight } from "./parts/steering.js";
import type { Timing } from "./parts/timing.js";

export function scenesReport(filled: ReadonlyMap<string, FilledScenes>): string {
  const [first] = filled.values();
  const rows = [...filled].map(([name, { mean, scenes }]) => {
    const nearer = scenes.filter(({ distance }, i) => (first?.scenes[i]?.distance ?? 0) < distance).length;
    const beaten = scenes === first?.scenes ? "" : percent(nearer / scenes.length);
    return [name, mean.distance.toFixed(3), beaten, mean.psnr.toFixed(2)];
  });
  return section(
    `Held-out scenes: ${first?.scenes.length ?? 0}`,
    ["in the hole", "sliced Wasserstein distance", "the first is nearer in", "PSNR, dB"],
    rows,
  );
}

export function steeringReport({ asked, withoutGuidance, emptyPrompt }: Steering): string {
  const row = (name: string, cases: Steering["asked"]) => {
    const { trained, heldOut, all } = sharesRight(cases);
    return [name, percent(trained), percent(heldOut), percent(all)];
  };
  const { hue, share, bound } = preferenceOf(emptyPrompt);
  const none = emptyPrompt.filter(({ found }) => found === undefined).length / emptyPrompt.length;
  return [
    section(
      `Dominant hue is the one asked for: ${asked.length} cases`,
      ["", "trained pairs", "held-out pairs", "all"],
      [row("default guidance", asked), row("guidance 1", withoutGuidance)],
    ),
    section(
      `Empty prompt: ${emptyPrompt.length} cases`,
      ["most frequent hue", "share", "by chance at most", "no hue at all"],
      [[hue, percent(share), percent(bound), percent(none)]],
    ),
  ].join("\n\n");
}

export function continuityReport(cases: readonly ContinuityCase[]): string {
  const result = medianContinuity(cases);
  const untouched = medianContinuity(cases.map((one) => one.untouched));
  const names = {
    edge: "jump across the edge ÷ untouched",
    deviation: "standard deviation, hole ÷ surround",
    slope: "spectrum's slope, hole ÷ surround",
  };
  const rows = (["edge", "deviation", "slope"] as const).map((key) => [
    names[key],
    result[key].toFixed(2),
    percent(cases.filter((one) => isWithin(one[key])).length / cases.length),
    untouched[key].toFixed(2),
  ]);
  return section(
    `Continuity: ${cases.length} backgrounds`,
    ["ratio", "median", "within 1.5 ×", "median of the untouched pictures"],
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

const percent = (share: number): string => (Number.isNaN(share) ? "–" : `${(100 * share).toFixed(1)} %`);
const seconds = (ms: number): string => (ms / 1000).toFixed(2);
