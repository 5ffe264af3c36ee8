/**
 * @file Which order a multistep solver takes at each step. Knows no formula.
 *
 * Matches: the choice in `step` of diffusers `DPMSolverMultistepScheduler` and `DEISMultistepScheduler`.
 */

/** Schedules at least this long keep their order to the end. */
const LONG_SCHEDULE = 15;

export interface MultistepOrderOptions {
  readonly solverOrder: number;
  /** Lower the order of the last two steps of a short schedule. */
  readonly lowerOrderFinal: boolean;
  /** Make the last step one of first order, however long the schedule. */
  readonly isLastFirstOrder: boolean;
  /** Of the whole schedule. */
  readonly stepCount: number;
}

/** 1, 2 or 3: no higher than the outputs so far, this step's included, allow. */
export function multistepOrder(
  { solverOrder, lowerOrderFinal, isLastFirstOrder, stepCount }: MultistepOrderOptions,
  stepIndex: number,
  outputCount: number,
): number {
  const stepsLeft = stepCount - stepIndex;
  const lowersEnd = lowerOrderFinal && stepCount < LONG_SCHEDULE;
  const highest = Math.min(solverOrder, outputCount, 3);
  if (stepsLeft === 1 && (lowersEnd || isLastFirstOrder)) return 1;
  return stepsLeft === 2 && lowersEnd ? Math.min(highest, 2) : highest;
}
