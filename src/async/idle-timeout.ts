/** @file A time limit on silence: it starts anew with every sign of life. Knows nothing of what is waited for. */

export class IdleTimeout {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** Runs at once. */
  constructor(timeoutMs: number) {
    this.#timer = setTimeout(() => this.#controller.abort(), timeoutMs);
  }

  /** Aborts after `timeoutMs` without a sign of life. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get expired(): boolean {
    return this.#controller.signal.aborted;
  }

  signOfLife(): void {
    if (!this.expired) this.#timer.refresh();
  }

  /** The limit no longer counts. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
