/** @file Ctrl-C and SIGTERM as an AbortSignal, for commands that end by themselves once their work has stopped. */
import { constants } from "node:os";

/** A shell reports a process that a signal ended as 128 + the signal's number. */
const exitCodeOf = (signal: "SIGINT" | "SIGTERM") => 128 + constants.signals[signal];

export interface StopSignals {
  readonly signal: AbortSignal;
  /** What to exit with after a stop; undefined when there was none. */
  readonly exitCode: number | undefined;
  /** Signals have their usual effect again. */
  ignore(): void;
}

/** The first signal aborts; a second one ends the process at once, as by default. */
export function listenForStop(): StopSignals {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const stop = (signal: "SIGINT" | "SIGTERM") => {
    exitCode = exitCodeOf(signal);
    ignore();
    controller.abort();
  };
  const ignore = () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    ignore,
  };
}
