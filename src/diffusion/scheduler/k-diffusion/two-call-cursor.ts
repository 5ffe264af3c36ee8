/**
 * @file Where a method of two calls a step stands in its sigmas. Knows no formula.
 *
 * Matches: `step_index`, counted in calls, and the doubled `sigmas` of diffusers `HeunDiscreteScheduler`,
 * `KDPM2DiscreteScheduler` and `KDPM2AncestralDiscreteScheduler`. The last step, to no noise, is a single call.
 */
export class TwoCallCursor {
  readonly #sigmas: Float32Array;
  readonly #secondSigmas: ArrayLike<number>;
  #call: number;

  /**
   * `sigmas` has one entry per step and the one that the last step leads to; `secondSigmas`, of the samples that second
   * calls look at, one per step. Absent: second calls are made at the end of the step.
   */
  constructor(
    sigmas: Float32Array,
    skippedSteps: number,
    secondSigmas: ArrayLike<number> = sigmas.subarray(1),
  ) {
    this.#sigmas = sigmas;
    this.#secondSigmas = secondSigmas;
    this.#call = 2 * skippedSteps;
  }

  /** Of the call to be made, in the whole schedule. */
  get call(): number {
    return this.#call;
  }

  /** Of the step under way, in the whole schedule. */
  get step(): number {
    return Math.floor(this.#call / 2);
  }

  get isFirstCall(): boolean {
    return this.#call % 2 === 0;
  }

  /** The sigma that the step under way began at. */
  get from(): number {
    return this.#sigmas[this.step] ?? Number.NaN;
  }

  /** The sigma that the step under way ends at. */
  get to(): number {
    return this.#sigmas[this.step + 1] ?? Number.NaN;
  }

  /** The sigma of the sample that the second call of the step under way looks at. */
  get secondSigma(): number {
    return this.#secondSigmas[this.step] ?? Number.NaN;
  }

  /** The sigma of the next call's sample. */
  get sampleSigma(): number {
    return this.isFirstCall ? this.from : this.secondSigma;
  }

  /** The end of the step under way that the next call stands for, wherever its sample is. */
  get reached(): number {
    return this.isFirstCall ? this.from : this.to;
  }

  advance(): void {
    this.#call += 1;
  }
}
