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
   * The answer for `key`: remembered, of a check under way, or of `begin`, which must reject soon after the check's signal
   * aborts. Rejects as `begin` does, or with InpaintError CANCELLED once `signal` aborts. Only an answer is remembered.
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
    const deadlineMs = performance.now() + timeoutMs;
    // Who sends many requests makes a line here; that the service is at fault is for an attempt to find out.
    const tooLate = new ServiceFailure("crowded", `gave no verdict within ${timeoutMs} ms`);
    const timer = setTimeout(() => ended.abort(tooLate), timeoutMs);
    // Whoever comes after an abandoned check begins one of his own.
    const leave = () => {
      clearTimeout(timer);
      if (this.#underWay.get(key) === check) this.#underWay.delete(key);
    };
    const work = begin({ signal: ended.signal, deadlineMs }).then((answer) => {
      this.#remembered?.set(key, answer);
      return answer;
    });
    const check: UnderWay<Answer> = {
      answer: work.finally(leave),
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
