/** @file Where in a solver's schedule the sample stands. Knows no formula. */
import type { NoiseLevel } from "./noise-level.js";
import type { SolverSchedule } from "./solver-schedule.js";

/** Advances by one level a step, as the reference's `step_index` does from its `begin_index`. */
export class ScheduleCursor {
  readonly #schedule: SolverSchedule;
  readonly #beginIndex: number;
  #stepsTaken = 0;

  /** `skippedSteps` is less than the number of timesteps. */
  constructor(schedule: SolverSchedule, skippedSteps: number) {
    this.#schedule = schedule;
    this.#beginIndex = skippedSteps;
  }

  /** Of the whole schedule. */
  get stepCount(): number {
    return this.#schedule.timesteps.length;
  }

  /** Of the step to be made, in the whole schedule. */
  get index(): number {
    return this.#beginIndex + this.#stepsTaken;
  }

  /** Steps made since the beginning of this run. */
  get stepsTaken(): number {
    return this.#stepsTaken;
  }

  /** What is left to run of the schedule. */
  get timestepsLeft(): readonly number[] {
    return this.#schedule.timesteps.slice(this.index);
  }

  /** The noise level of the sample for 0, the one that the next step leads to for 1, earlier ones for less than 0. */
  level(offset: number): NoiseLevel {
    const level = this.#schedule.levels[this.index + offset];
    if (!level) throw new RangeError(`no noise level ${this.index + offset} in the schedule; this is a bug`);
    return level;
  }

  advance(): void {
    this.#stepsTaken += 1;
  }
}
