/** @file A child's output, line by line. Knows text streams; does not know what is done with a line. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Call `onLine` with every line of `stream` that is not empty, without its line break. */
export function forwardLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    if (line.trim() !== "") onLine(line);
  });
}
