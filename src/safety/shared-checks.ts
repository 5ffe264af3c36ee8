/**
 * @file One check for equal content: what was answered lately is remembered, and who asks what another asks already waits
 * with it. Knows hashes and answers only. A check goes on as long as anyone waits for it.
 */
import { LRUCache } from "lru-cache";
import { untilAborted } from "../async/until-aborted.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Check } from "./attempts.js";
import { ServiceFailure } from "./service-failure.js";

export interface SharedChecksOptions {
  /** Of one check, from when the first asked. */
  readonly timeoutMs: number;
  /** 0: nothing is remembered. */
  readonly cacheEntries: number;
  readonly cacheTtlMs: number;
  onCache(outcome: "hit" | "miss"): void;
}

interface UnderWay<Answer> {
  readonly answer: Promise<Answer>;
  readonly abandon: () => void;
  waiting: number;
}

const cancelled = () => new InpaintError("CANCELLED", "the request ended before its content was screened");

/** Of its time that a check may stand in line and still have as long as one attempt may take. */
const LONGEST_LINE_PART = 0.5;

/** Whoever sends many requests makes the line here: that is no outage of the service. */
const tooLate = (timeoutMs: number, wasLate: boolean) =>
  wasLate
    ? new ServiceFailure("crowded", `was not asked in time for ${timeoutMs} ms: too many checks wait already`)
    : new ServiceFailure("unavailable", `gave no verdict within ${timeoutMs} ms`);

export class SharedChecks<Answer extends object> {
  readonly #options: SharedChecksOptions;
  readonly #underWay = new Map<string, UnderWay<Answer>>();
  readonly #remembered: LRUCache<string, Answer> | undefined;

  constructor(options: SharedChecksOptions) {
    this.#options = options;
    const { cacheEntries, cacheTtlMs } = options;
    this.#remembered =
      cacheEntries > 0 ? new LRUCache({ max: cacheEntries, ttl: cacheTtlMs, perf: performance }) : undefined;
  }

  /**
   * The answer for `key`: remembered, of a check under way, or of `begin`. Rejects as `begin` does, with InpaintError
   * CANCELLED once `signal` aborts, or with ServiceFailure at the deadline. Only an answer is remembered.
   */
  async answer(key: string, signal: AbortSignal, begin: (check: Check) => Promise<Answer>): Promise<Answer> {
    if (signal.aborted) throw cancelled();
    const known = this.#remembered?.get(key);
    if (this.#remembered !== undefined) this.#options.onCache(known === undefined ? "miss" : "hit");
    if (known !== undefined) return known;
    const check = this.#underWay.get(key) ?? this.#begin(key, begin);
    check.waiting += 1;
    try {
      return await untilAborted(check.answer, signal);
    } catch (error) {
      throw signal.aborted ? cancelled() : error;
    } finally {
      check.waiting -= 1;
      if (check.waiting === 0) check.abandon();
    }
  }

  #begin(key: string, begin: (check: Check) => Promise<Answer>): UnderWay<Answer> {
    const { timeoutMs } = this.#options;
    const ended = new AbortController();
    const startMs = performance.now();
    let inLine = 0;
    let begunMs = startMs;
    const standInLine = () => {
      inLine += 1;
      return () => {
        inLine -= 1;
        begunMs = performance.now();
      };
    };
    const timer = setTimeout(() => {
      const wasLate = inLine > 0 || begunMs - startMs > timeoutMs * LONGEST_LINE_PART;
      ended.abort(tooLate(timeoutMs, wasLate));
    }, timeoutMs);
    // Whoever comes after an abandoned check begins one of his own.
    const leave = () => {
      clearTimeout(timer);
      if (this.#underWay.get(key) === check) this.#underWay.delete(key);
    };
    const work = begin({ signal: ended.signal, deadlineMs: startMs + timeoutMs, standInLine }).then(
      (answer) => {
        this.#remembered?.set(key, answer);
        return answer;
      },
    );
    const check: UnderWay<Answer> = {
      answer: untilAborted(work, ended.signal).finally(leave),
      abandon: () => {
        leave();
        ended.abort(cancelled());
      },
      waiting: 0,
    };
    this.#underWay.set(key, check);
    return check;
  }
}
