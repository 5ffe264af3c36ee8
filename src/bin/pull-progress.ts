/** @file Shows a pull as it goes: a bar on a terminal, lines in a log, JSON lines for a program. Knows events only. */
import { SingleBar } from "cli-progress";
import type { PullEvent } from "../checkpoint/pull/pull.js";
import { formatBytes } from "./format-bytes.js";

/** A log gets a line for each of these parts of a file, a program an event for each percent. */
const LOG_PARTS = 10;
const JSON_PARTS = 100;
/** A file that is there in a moment needs no lines on its way. */
const LOG_FROM_BYTES = 10_000_000;

export interface PullProgress {
  report(event: PullEvent): void;
  /** Nothing more follows. */
  end(): void;
}

export type ProgressStyle = "bar" | "lines" | "json";

export function createPullProgress(style: ProgressStyle, stream: NodeJS.WriteStream): PullProgress {
  switch (style) {
    case "bar":
      return new ProgressBar(stream);
    case "lines":
      return new ProgressLines((line) => stream.write(`${line}\n`));
    case "json":
      return jsonLines((line) => stream.write(`${line}\n`));
    default:
      style satisfies never;
      throw new Error("a progress of unknown style: this is a bug");
  }
}

/** What is worth a line whatever the style; undefined for what only moves. */
function lineFor(event: PullEvent): string | undefined {
  switch (event.event) {
    case "plan": {
      const here = event.bytesHere > 0 ? `, ${formatBytes(event.bytesHere)} of them here` : "";
      return `${event.repo} at ${event.commit.slice(0, 12)} → ${event.directory}: ${event.files} files, ${formatBytes(event.bytes)}${here}`;
    }
    case "note":
      return event.text;
    case "retry":
      return `${event.path}: ${event.reason}; trying again`;
    case "discard":
      return `${event.path}: ${event.reason}; deleted, starting again`;
    case "verified":
      return `${event.path}: ${event.hash.replace(/ (.{12}).*/, " $1…")}, as on the hub`;
    case "start":
    case "position":
      return undefined;
    default:
      event satisfies never;
      return undefined;
  }
}

/** True each time a file has got into another of `parts` equal parts. */
function everyPart(parts: number): (event: Extract<PullEvent, { event: "position" }>) => boolean {
  const last = new Map<string, number>();
  return ({ path, position, bytes }) => {
    const part = bytes === 0 ? parts : Math.floor((position / bytes) * parts);
    if (last.get(path) === part) return false;
    last.set(path, part);
    return true;
  };
}

class ProgressLines implements PullProgress {
  readonly #write: (line: string) => void;
  readonly #isDue = everyPart(LOG_PARTS);

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  report(event: PullEvent): void {
    const line = lineFor(event);
    if (line !== undefined) this.#write(line);
    if (event.event === "position" && event.bytes >= LOG_FROM_BYTES && this.#isDue(event)) {
      this.#write(`${event.path}: ${formatBytes(event.position)} of ${formatBytes(event.bytes)}`);
    }
  }

  end(): void {}
}

function jsonLines(write: (line: string) => void): PullProgress {
  const isDue = everyPart(JSON_PARTS);
  return {
    report: (event) => {
      if (event.event !== "position" || isDue(event)) write(JSON.stringify(event));
    },
    end: () => {},
  };
}

class ProgressBar implements PullProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #bar: SingleBar;
  readonly #positions = new Map<string, number>();
  #total = 0;
  #arrived = 0;
  #startMs = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#bar = new SingleBar({
      stream,
      format: "{bar} {percentage} % of {all}, {rate}/s, {eta_formatted} left | {file}",
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 100,
      gracefulExit: false,
    });
  }

  report(event: PullEvent): void {
    const line = lineFor(event);
    if (line !== undefined && event.event !== "verified") this.#print(line);
    if (event.event === "plan") {
      this.#total = event.bytesHere;
      this.#startMs = performance.now();
      this.#bar.start(event.bytes, event.bytesHere, { all: formatBytes(event.bytes), rate: "0 B", file: "" });
    } else if (event.event === "position") {
      // The first position of a file is what the plan has counted already.
      const before = this.#positions.get(event.path) ?? event.position;
      this.#positions.set(event.path, event.position);
      this.#total += event.position - before;
      this.#arrived += Math.max(0, event.position - before);
      const seconds = Math.max(0.001, (performance.now() - this.#startMs) / 1000);
      this.#bar.update(this.#total, { rate: formatBytes(this.#arrived / seconds), file: event.path });
    }
  }

  end(): void {
    this.#bar.stop();
  }

  /** A line above the bar, which draws itself anew. */
  #print(line: string): void {
    if (this.#bar.isActive) this.#stream.write("\r\x1b[K");
    this.#stream.write(`${line}\n`);
  }
}
