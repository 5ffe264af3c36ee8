/** @file How much one job asks of a device, before any of it is done. Knows no time: that is the cost model's. */

export interface JobWork {
  /** How often the UNet is called: steps, and more for schedulers of a higher order. 0 when nothing is repainted. */
  readonly unetCalls: number;
  /** Of each call: 2 with guidance. */
  readonly rows: 1 | 2;
  /** Pixels computed, like `width`. */
  readonly height: number;
  readonly width: number;
}

/** The work of all UNet calls in row pixels, the unit in which a queue is bounded. */
export function workOf({ unetCalls, rows, height, width }: JobWork): number {
  return unetCalls * rows * height * width;
}
