/**
 * @file Which order a singlestep solver takes at each step. Knows no formula.
 *
 * Matches: `get_order_list` of diffusers `DPMSolverSinglestepScheduler`. Its `set_timesteps` turns
 * `lower_order_final` on for a schedule that groups do not fill, which gives the same orders.
 */

export interface SinglestepOrderOptions {
  /** 1, 2 or 3. */
  readonly solverOrder: number;
  /** End with a step of first order where whole groups fill the schedule. */
  readonly lowerOrderFinal: boolean;
  /** A step to no noise at all is always one of first order. */
  readonly endsWithoutNoise: boolean;
  /** Of the whole schedule, ≥ 1. */
  readonly stepCount: number;
}

/** One per step: 1 … `solverOrder`, group by group; what does not fill a group at the end is a smaller one. */
export function singlestepOrders(options: SinglestepOrderOptions): number[] {
  const { solverOrder, lowerOrderFinal, endsWithoutNoise, stepCount } = options;
  const orders = Array.from({ length: stepCount }, (_, i) => (i % solverOrder) + 1);
  if (endsWithoutNoise || (lowerOrderFinal && stepCount % solverOrder === 0)) orders[stepCount - 1] = 1;
  return orders;
}
