/**
 * @file The README's table of what each scheduler takes of a checkpoint's config, made of the golden trajectories: a value
 * is listed because the reference ran with it, or refused it. Knows markdown and the index; knows no scheduler.
 */
import { SCHEDULER_NAMES, type SchedulerName } from "../../src/diffusion/inpaint-job.js";
import type { TrajectoryCell, TrajectoryIndex } from "./trajectory-goldens.js";

type Options = TrajectoryCell["options"];

const SIGMA_SCHEDULES = /^use_(\w+)_(?:sigmas|lambdas)$/;
const PREDICTION_TYPES = ["epsilon", "v_prediction", "sample"];
/** Not of the config; a swap has its own rules, which are no option. */
const NO_KEYS = ["eta", "swapped_from"];
/** Covered to show that they change nothing: the class is given these keys and does not look at them. */
const NOT_READ: Partial<Record<SchedulerName, readonly string[]>> = {
  LCM: ["timestep_spacing"],
  DPMSolverSinglestep: ["timestep_spacing", "rescale_betas_zero_snr", "use_lu_lambdas"],
  UniPCMultistep: ["use_lu_lambdas", "lambda_min_clipped"],
  DEISMultistep: ["rescale_betas_zero_snr"],
};
/** Keys with a column of their own. */
const OWN_COLUMN = ["timestep_spacing", "prediction_type", "rescale_betas_zero_snr"];

const ran = ({ runs }: TrajectoryCell) => runs.some(({ refused }) => refused === undefined);

/** A markdown table, one row per scheduler, without a trailing newline. */
export function schedulerTable(index: TrajectoryIndex): string {
  const rows = SCHEDULER_NAMES.map((name) => {
    const cells = (index[name] ?? []).filter(({ options }) =>
      Object.keys(options).every((key) => !NOT_READ[name]?.includes(key)),
    );
    const served = cells.filter(ran);
    const values = (key: string) =>
      distinct(served.flatMap(({ options }) => (key in options ? [String(options[key])] : [])));
    const sigmas = distinct(served.flatMap(({ options }) => sigmaSchedules(options)));
    const predictions = PREDICTION_TYPES.filter((type) =>
      served.some(({ file }) => file.prediction_type === type),
    );
    const columns = [
      `\`${name}\``,
      list(values("timestep_spacing")),
      list(sigmas),
      list(predictions),
      values("rescale_betas_zero_snr").length > 0 ? "yes" : "–",
      otherKeys(served),
      refusals(cells, served),
    ];
    return `| ${columns.join(" | ")} |`;
  });
  return [
    "| Scheduler | `timestep_spacing` | `use_…_sigmas` | `prediction_type` | Zero terminal SNR | Further keys | Refused |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function sigmaSchedules(options: Options): string[] {
  return Object.keys(options).flatMap((key) => SIGMA_SCHEDULES.exec(key)?.[1] ?? []);
}

/** `key: values` of what has no column; switches and numbers by their key alone. */
function otherKeys(served: readonly TrajectoryCell[]): string {
  const words = new Map<string, Set<string>>();
  for (const { options } of served) {
    for (const [key, value] of Object.entries(options)) {
      if (OWN_COLUMN.includes(key) || NO_KEYS.includes(key) || SIGMA_SCHEDULES.test(key)) continue;
      const found = words.get(key) ?? new Set();
      words.set(key, typeof value === "string" || key === "solver_order" ? found.add(String(value)) : found);
    }
  }
  const entries = [...words].map(([key, found]) =>
    found.size > 0 ? `\`${key}\` ${[...found].join(", ")}` : `\`${key}\``,
  );
  return entries.length > 0 ? entries.join("; ") : "–";
}

/** Prediction types and sets of keys that were refused whatever else was asked, the smallest sets only. */
function refusals(cells: readonly TrajectoryCell[], served: readonly TrajectoryCell[]): string {
  const types = PREDICTION_TYPES.filter((type) => !served.some(({ file }) => file.prediction_type === type));
  const servedSets = served.map(({ options }) => pairs(options));
  const refusedSets = cells
    .map(({ options }) => pairs(options))
    .filter((set) => set.length > 0 && !servedSets.some((other) => isSubset(set, other)))
    .map((set) => smallestRefused(set, servedSets));
  const sets = distinct(refusedSets.map((set) => set.map((pair) => `\`${pair}\``).join(" with ")));
  const entries = [...types.map((type) => `\`prediction_type: ${type}\``), ...sets];
  return entries.length > 0 ? entries.join("; ") : "–";
}

/** One pair that was served nowhere, if there is one, says more than the set that it stood in. */
function smallestRefused(
  set: readonly string[],
  servedSets: readonly (readonly string[])[],
): readonly string[] {
  const alone = set.find((pair) => !servedSets.some((other) => other.includes(pair)));
  return alone === undefined ? set : [alone];
}

/** Without numbers, which are not what is refused, but for the order of a solver. */
function pairs(options: Options): string[] {
  return Object.entries(options)
    .filter(([key, value]) => !NO_KEYS.includes(key) && (typeof value !== "number" || key === "solver_order"))
    .map(([key, value]) => (value === true ? key : `${key}: ${String(value)}`));
}

const isSubset = (a: readonly string[], b: readonly string[]) => a.every((entry) => b.includes(entry));
const distinct = (values: readonly string[]) => [...new Set(values)];
const list = (values: readonly string[]) => (values.length > 0 ? values.join(", ") : "–");
