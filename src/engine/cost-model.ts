/**
 * @file What runs and jobs will cost, learned from runs that were measured. Knows no queue and reads no clock.
 *
 * The rule for a size that was not measured yet: time grows as f(pixels) = 128² + pixels + pixels² / 512². The first
 * term is what a run costs at any size, the last is self-attention, at 512×512 half of the rest. Of a UNet call there
 * it is about 17 % at full size and 60 % in the tests' random checkpoint, whose calls at 64², 256², 512², 768² and 1024²
 * took 4, 12, 86, 379 and 1160 ms; f, scaled to the one at 512², says 3, 16, 86, 308 and 837. Rows count in proportion.
 */
import { LRUCache } from "lru-cache";
import { type DeviceRun, RUN_KINDS, type RunKind } from "./device-run.js";
import { DriftingMean } from "./drifting-mean.js";
import type { JobWork } from "./job-work.js";

/** Callers choose sizes: what is remembered of them has an end. Of each kind, sizes × batch sizes. */
const MAX_REMEMBERED = 128;
const SIZELESS_PIXELS = 128 ** 2;
const ATTENTION_PIXELS = 512 ** 2;
/** Sharing pays when two rows cost less than this many times one row. */
const MAX_PAYING_RATIO = 1.5;

/** Rows of one size in calls of one batch size, or of a mixture. */
class RowCost {
  readonly height: number;
  readonly width: number;
  readonly #ms = new DriftingMean();
  readonly #rows = new DriftingMean();

  constructor({ height, width }: DeviceRun) {
    this.height = height;
    this.width = width;
  }

  add(rows: number, ms: number): void {
    this.#ms.add(ms);
    this.#rows.add(rows);
  }

  /** Per call. */
  get ms(): number {
    return this.#ms.value;
  }

  /** Per call. */
  get rows(): number {
    return this.#rows.value;
  }
}

/** By size, or by size and batch size. */
type RowCosts = LRUCache<string, RowCost>;

const rowCosts = (): RowCosts => new LRUCache({ max: MAX_REMEMBERED });

function learn(costs: RowCosts, key: string, run: DeviceRun, ms: number): void {
  const cost = costs.get(key) ?? new RowCost(run);
  cost.add(run.rows, ms);
  costs.set(key, cost);
}

/** Of one job at one size; what was never measured is 0. */
interface JobPrices {
  readonly beforeCallsMs: number;
  readonly callRowMs: number;
  readonly afterCallsMs: number;
}

export class CostModel {
  readonly #runs: Readonly<Record<RunKind, RowCosts>> = {
    pixels: rowCosts(),
    text: rowCosts(),
    vaeEncode: rowCosts(),
    unet: rowCosts(),
    vaeDecode: rowCosts(),
  };
  /** UNet calls of a size whatever their batch size: what a row costs with the company that it really has. */
  readonly #throughput = rowCosts();
  /** What jobs of a size cost, as long as nothing new is learned: a queue asks for the same few again and again. */
  readonly #prices = new Map<string, JobPrices>();

  /** Learn that `run` took `ms` ≥ 0. A run that opens or warms something up is not typical: leave it out. */
  observe(run: DeviceRun, ms: number): void {
    if (!(Number.isFinite(ms) && ms >= 0)) throw new RangeError(`a ${run.kind} run took ${ms} ms`);
    learn(this.#runs[run.kind], runKey(run), run, ms);
    if (run.kind === "unet") learn(this.#throughput, sizeKey(run), run, ms);
    this.#prices.clear();
  }

  /** Milliseconds that `run` will take; undefined while no run of its kind was measured. */
  expectedMs(run: DeviceRun): number | undefined {
    const known = this.#runs[run.kind];
    const measured = known.peek(runKey(run)) ?? nearest(known.values(), run);
    return measured && scaled(measured, run);
  }

  /**
   * Milliseconds of a device that a job still takes when `callsLeft` of its UNet calls are to be made, at the pace of
   * the batches that its size had lately: its share of calls that it makes together with others. Once a call is made,
   * what comes before the calls is over. Undefined while no UNet call was measured.
   */
  jobMs(work: JobWork, callsLeft: number = work.unetCalls): number | undefined {
    const prices = this.#pricesOf(work);
    if (prices === undefined) return undefined;
    const before = callsLeft < work.unetCalls ? 0 : prices.beforeCallsMs;
    return before + callsLeft * prices.callRowMs * work.rows + prices.afterCallsMs;
  }

  /** The longest a worker is expected to be deaf: its longest run among those measured. 0 before any was. */
  get longestRunMs(): number {
    let longest = 0;
    for (const kind of RUN_KINDS) {
      for (const { ms } of this.#runs[kind].values()) longest = Math.max(longest, ms);
    }
    return longest;
  }

  /**
   * True when rows that share a UNet call clearly cost less than rows that do not, as on a GPU. False when the time of
   * a call grows in proportion, as on a CPU, or is known of one batch size alone. Sizes count by their time.
   */
  get sharingPays(): boolean {
    let sharedMs = 0;
    let payingMs = 0;
    for (const [fewest, most] of this.#batchExtremes()) {
      const doublings = Math.log2(most.rows / fewest.rows);
      sharedMs += most.ms;
      payingMs += fewest.ms * MAX_PAYING_RATIO ** doublings;
    }
    return sharedMs < payingMs;
  }

  /** Of each size that was measured at two batch sizes at least: the fewest rows and the most. */
  #batchExtremes(): readonly (readonly [fewest: RowCost, most: RowCost])[] {
    const extremes = new Map<string, readonly [RowCost, RowCost]>();
    for (const cost of this.#runs.unet.values()) {
      const key = sizeKey(cost);
      const [fewest, most] = extremes.get(key) ?? [cost, cost];
      extremes.set(key, [cost.rows < fewest.rows ? cost : fewest, cost.rows > most.rows ? cost : most]);
    }
    return [...extremes.values()].filter(([fewest, most]) => fewest.rows < most.rows);
  }

  #pricesOf(work: JobWork): JobPrices | undefined {
    const { height, width, rows } = work;
    const key = runKey(work);
    const known = this.#prices.get(key);
    if (known !== undefined) return known;
    const unet = { kind: "unet", rows: 1, height, width } as const;
    const measured = this.#throughput.peek(sizeKey(unet)) ?? nearest(this.#throughput.values(), unet);
    if (measured === undefined) return undefined;
    const image = (kind: RunKind) => this.expectedMs({ kind, rows: 1, height, width }) ?? 0;
    const prompt = this.expectedMs({ kind: "text", rows: 1, height: 0, width: 0 }) ?? 0;
    const prices: JobPrices = {
      // the image is prepared, then finished; a job with guidance has two prompts
      beforeCallsMs: image("pixels") + prompt * rows + image("vaeEncode"),
      callRowMs: scaled(measured, unet),
      afterCallsMs: image("vaeDecode") + image("pixels"),
    };
    if (this.#prices.size >= MAX_REMEMBERED) this.#prices.clear();
    this.#prices.set(key, prices);
    return prices;
  }
}

interface Size {
  readonly height: number;
  readonly width: number;
}

const sizeKey = ({ height, width }: Size) => `${height}x${width}`;
const runKey = (run: Size & { readonly rows: number }) => `${sizeKey(run)}x${run.rows}`;

/** In proportion to the time of a row. */
function difficulty({ height, width }: Size): number {
  const pixels = height * width;
  return SIZELESS_PIXELS + pixels + pixels ** 2 / ATTENTION_PIXELS;
}

/** How many times the work of `measured` that of `run` is. */
const ratio = (measured: RowCost, run: DeviceRun) =>
  (run.rows / measured.rows) * (difficulty(run) / difficulty(measured));

const scaled = (measured: RowCost, run: DeviceRun) => measured.ms * ratio(measured, run);

/** The one whose size, then the one whose batch size is fewest times larger or smaller. */
function nearest(measured: Iterable<RowCost>, run: DeviceRun): RowCost | undefined {
  let best: RowCost | undefined;
  let bestSize = Number.POSITIVE_INFINITY;
  let bestRows = Number.POSITIVE_INFINITY;
  for (const cost of measured) {
    const size = Math.abs(Math.log(difficulty(run) / difficulty(cost)));
    const rows = Math.abs(Math.log(run.rows / cost.rows));
    if (size < bestSize || (size === bestSize && rows < bestRows)) {
      [best, bestSize, bestRows] = [cost, size, rows];
    }
  }
  return best;
}
