/** @file How many checks are under way at the same time, and how many wait. Knows no service. */
import { type BulkheadPolicy, bulkhead, isBulkheadRejectedError } from "cockatiel";
import { untilAborted } from "../async/until-aborted.js";
import { ServiceFailure } from "./service-failure.js";

const WAITING_PER_PLACE = 16;

export class Places {
  readonly #policy: BulkheadPolicy;

  constructor(maxConcurrency: number) {
    this.#policy = bulkhead(maxConcurrency, maxConcurrency * WAITING_PER_PLACE);
  }

  /**
   * Runs `work` when there is a place for it. Rejects with ServiceFailure when too many wait already, and with the
   * signal's reason as soon as it aborts; `work` keeps its place until it ends.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await untilAborted(this.#policy.execute(work, signal), signal);
    } catch (error) {
      if (isBulkheadRejectedError(error)) {
        throw new ServiceFailure("crowded", "was not asked: too many checks wait already");
      }
      throw error;
    }
  }
}
