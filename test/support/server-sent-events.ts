/** @file The text of an event stream to its events. Knows the format; knows no event by name. */
import assert from "node:assert/strict";

export interface ServerSentEvent {
  readonly event: string;
  /** As it was sent. */
  readonly data: string;
}

/** The events of `text`, whole ones only, and the comments between them. Fails on a line that is neither. */
export function readEvents(text: string): {
  readonly events: readonly ServerSentEvent[];
  readonly comments: readonly string[];
} {
  assert.ok(text.endsWith("\n\n"), `cut: …${text.slice(-80)}`);
  const events: ServerSentEvent[] = [];
  const comments: string[] = [];
  for (const block of text.slice(0, -2).split("\n\n")) {
    if (block.startsWith(":")) {
      comments.push(block);
      continue;
    }
    const match = /^event: (\w+)\ndata: ([^\n\r]*)$/.exec(block);
    assert.ok(match !== null, `neither event nor comment: ${block.slice(0, 200)}`);
    events.push({ event: match[1] ?? "", data: match[2] ?? "" });
  }
  return { events, comments };
}

/** The data of the events called `name`, as JSON. */
export function dataOf(events: readonly ServerSentEvent[], name: string): readonly unknown[] {
  return events.filter(({ event }) => event === name).map(({ data }): unknown => JSON.parse(data));
}
