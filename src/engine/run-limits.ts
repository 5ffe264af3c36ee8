/**
 * @file How long a worker may be silent during a run before it is taken for hung. Knows what such runs took; knows no
 * worker and reads no clock.
 */
import { LRUCache } from "lru-cache";
import type { DeviceRun } from "./device-run.js";
import type { Stage } from "./stage.js";

/** A run as it was announced: `rows` are those that are computed, with the ones that only fill it up. */
export interface AnnouncedRun {
  readonly stage: Stage;
  readonly run: DeviceRun;
}

/** A run may take this many times as long as measured, and a little. */
const PATIENCE = 3;
const GRACE_MS = 2000;
/** The first of its stage: from page faults to a GPU's tuning, nobody knows. */
const UNKNOWN_RUN_MS = 600_000;
/** Beside what the size says: a GPU tunes the kernels of a shape that is new to it. */
const NEW_ROWS_GRACE_MS = 30_000;
const NEW_SIZE_GRACE_MS = 120_000;
/** A worker that was slow once may be again; the longest run fades by this much with each shorter one. */
const FADING = 0.98;
const MAX_REMEMBERED = 512;

interface Measured extends AnnouncedRun {
  /** The longest lately; undefined when none has ended. */
  ms: number | undefined;
  /** Doubled whenever such a run was given up. */
  allowance: number;
}

export class RunLimits {
  readonly #measured = new LRUCache<string, Measured>({ max: MAX_REMEMBERED });

  /** Learn that such a run took `ms`. */
  observe(announced: AnnouncedRun, ms: number): void {
    const known = this.#known(announced);
    known.ms = Math.max(ms, FADING * (known.ms ?? 0));
    known.allowance = 1;
  }

  /** A worker was ended during such a run. Whoever tries it again waits twice as long. */
  givenUp(announced: AnnouncedRun): void {
    this.#known(announced).allowance *= 2;
  }

  /** Milliseconds. */
  limitMs(announced: AnnouncedRun): number {
    const known = this.#measured.peek(keyOf(announced));
    const limitMs = known?.ms === undefined ? this.#boundMs(announced) : PATIENCE * known.ms + GRACE_MS;
    return (known?.allowance ?? 1) * limitMs;
  }

  /** Of runs whose like was never measured: as if time grew with the square of the pixels, more than of any network. */
  #boundMs({ stage, run }: AnnouncedRun): number {
    const boundsMs = [...this.#measured.values()].flatMap(({ stage: otherStage, run: other, ms }) => {
      if (otherStage !== stage || ms === undefined) return [];
      const sameSize = other.height === run.height && other.width === run.width;
      const pixels = Math.max(1, (run.height * run.width) / Math.max(1, other.height * other.width));
      const rows = Math.max(1, run.rows / other.rows);
      return [PATIENCE * ms * pixels ** 2 * rows + (sameSize ? NEW_ROWS_GRACE_MS : NEW_SIZE_GRACE_MS)];
    });
    return boundsMs.length === 0 ? UNKNOWN_RUN_MS : Math.min(...boundsMs);
  }

  #known(announced: AnnouncedRun): Measured {
    const key = keyOf(announced);
    const known = this.#measured.get(key) ?? { ...announced, ms: undefined, allowance: 1 };
    this.#measured.set(key, known);
    return known;
  }
}

const keyOf = ({ stage, run: { rows, height, width } }: AnnouncedRun) =>
  `${stage} ${rows}x${height}x${width}`;
