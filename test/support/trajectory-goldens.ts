/**
 * @file Reads the cells scheduler × options × prediction type × steps × strength that
 * test/scripts/goldens/trajectories.py wrote. Knows the order of the stored values; knows no scheduler.
 */
import { z } from "zod";
import { SCHEDULER_NAMES, type SchedulerName } from "../../src/diffusion/inpaint-job.js";
import { readGoldenJson, readGoldenTensor } from "./golden.js";

const runSchema = z.object({
  steps: z.number(),
  strength: z.number(),
  /** UNet calls; 0 where the reference refused. */
  calls: z.number(),
  /** What the reference said, or did where it said nothing. */
  refused: z.string().optional(),
});
const cellSchema = z.object({
  options: z.record(z.string(), z.union([z.boolean(), z.number(), z.string(), z.array(z.number())])),
  /** The checkpoint's scheduler_config.json. */
  file: z.looseObject({ _class_name: z.string(), prediction_type: z.string() }),
  runs: z.array(runSchema),
});
export type TrajectoryRun = z.output<typeof runSchema>;
export type TrajectoryCell = z.output<typeof cellSchema>;
export type TrajectoryIndex = Partial<Record<SchedulerName, readonly TrajectoryCell[]>>;

/** Of the 64 values of a sample, those that are stored after each call but the last, and of the noised image. */
export const SAMPLE_AT = [0, 27, 54] as const;
export const NOISED_AT = 13;
/** Of the last sample every fourth. */
export const LAST_STRIDE = 4;
export const VALUES = 64;

export function readTrajectoryIndex(): TrajectoryIndex {
  return readGoldenJson(
    "trajectories/index.json",
    z.partialRecord(z.enum(SCHEDULER_NAMES), z.array(cellSchema)),
  );
}

/** The stored values of one class, handed out in the order in which they were written. */
export class TrajectoryValues {
  readonly #values: Float32Array;
  #position = 0;

  constructor(name: SchedulerName) {
    this.#values = readGoldenTensor(`trajectories/${name}.npy`).data;
  }

  next(count: number): Float32Array {
    const values = this.#values.subarray(this.#position, this.#position + count);
    if (values.length !== count) throw new RangeError(`no ${count} golden values from ${this.#position} on`);
    this.#position += count;
    return values;
  }

  get left(): number {
    return this.#values.length - this.#position;
  }
}
