/**
 * @file Clients of a real server under load: each sends one request, takes what answer comes, and may come back once when
 * it is told when. Knows HTTP; knows no expectation.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, type TestServer } from "./server-process.js";

export interface Answer {
  /** 0: there was none. */
  readonly status: number;
  /** From the first byte sent to the last one read, on the client's clock. */
  readonly ms: number;
  /** What an error says. */
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
}

export interface Visit {
  readonly first: Answer;
  /** Of a client that was refused and came back. */
  readonly second: Answer | undefined;
}

/** Never rejects. */
export async function ask(server: TestServer, body: string, signal?: AbortSignal): Promise<Answer> {
  const startMs = performance.now();
  try {
    const reply = await server.score(body, signal === undefined ? {} : { signal });
    const retryAfter = reply.headers.get("retry-after");
    return {
      status: reply.status,
      ms: performance.now() - startMs,
      message: reply.status === 200 ? "" : messageOf(reply),
      retryAfterSeconds: retryAfter === null ? undefined : Number(retryAfter),
    };
  } catch (error) {
    return {
      status: 0,
      ms: performance.now() - startMs,
      message: String(error),
      retryAfterSeconds: undefined,
    };
  }
}

export interface OpenLoop {
  readonly perSecond: number;
  readonly seconds: number;
  /** A client that is refused comes back as late as this, no later. */
  readonly patienceSeconds: number;
  body(client: number): string;
}

/** Clients that arrive at a fixed pace whatever becomes of those before them. Fulfilled when the last one has arrived. */
export async function openLoop(
  server: TestServer,
  { perSecond, seconds, patienceSeconds, body }: OpenLoop,
): Promise<readonly Promise<Visit>[]> {
  const startMs = performance.now();
  const visits: Promise<Visit>[] = [];
  for (let client = 0; client < perSecond * seconds; client++) {
    const dueMs = startMs + (client * 1000) / perSecond;
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
    visits.push(visit(server, body(client), patienceSeconds));
  }
  return visits;
}

async function visit(server: TestServer, body: string, patienceSeconds: number): Promise<Visit> {
  const first = await ask(server, body);
  const { status, retryAfterSeconds } = first;
  if (status !== 429 || retryAfterSeconds === undefined || retryAfterSeconds > patienceSeconds) {
    return { first, second: undefined };
  }
  await sleep(retryAfterSeconds * 1000);
  return { first, second: await ask(server, body) };
}
