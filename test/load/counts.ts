/** @file How much load each test of this folder makes: little in `npm test`, all of it in `npm run soak`. */

export interface LoadCounts {
  /** 10 × overload. */
  readonly overloadSeconds: number;
  /** Who is told to come back later than that does not. */
  readonly patienceSeconds: number;
  readonly hangingUp: number;
  readonly atSigterm: number;
  readonly inARow: number;
  /** Times are asserted, not only printed. */
  readonly assertsTimes: boolean;
}

export const COUNTS = {
  ci: {
    overloadSeconds: 5,
    patienceSeconds: 10,
    hangingUp: 40,
    atSigterm: 12,
    inARow: 200,
    assertsTimes: false,
  },
  soak: {
    overloadSeconds: 60,
    // 60 s of arrivals at 10 times the pace of the server are 600 s of its work, whose slots are a quarter longer
    patienceSeconds: 750,
    hangingUp: 200,
    atSigterm: 40,
    inARow: 2000,
    assertsTimes: true,
  },
} as const satisfies Record<string, LoadCounts>;
