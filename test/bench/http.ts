/**
 * @file What the server does around the engine, whose answer is canned: requests a second and their time at several
 * concurrencies, and how long any one request within the default limits holds up the event loop. Ends with exit code 1
 * when one does for more than its limit.
 * Usage: npm run bench:http [-- seconds a round]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { textTable } from "../../src/bin/text-table.js";
import { startFakeContentSafety } from "../support/fake-content-safety.js";
import { median } from "../support/statistics.js";
import { inLines, sampleRequest, type WorstCase, worstCases } from "./http-requests.js";
import type { Order, Report } from "./http-server.js";
import { printStages } from "./http-stages.js";

const SECONDS = Number(process.argv[2] ?? 5);
const CONCURRENCY = [1, 8, 32];
/** The collector of garbage holds up the loop too, and not at each try. */
const TRIES = 5;
const MAX_BLOCKED_MS = 20;
const CONTENT_SAFETY_KEY = "key-of-the-bench";

type Delays = Extract<Report, { readonly type: "delays" }>;

class Server {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(args: readonly string[] = []): Promise<Server> {
    const child = fork(fileURLToPath(new URL("./http-server.js", import.meta.url)), args);
    const report = await nextReport(child);
    if (report.type !== "listening") throw new Error("the server did not begin to listen");
    return new Server(child, report.url);
  }

  /** What `work` makes of the server's event loop. */
  async watch<T>(work: () => Promise<T>): Promise<T & { readonly delays: Delays }> {
    await this.#ask({ type: "reset" });
    const result = await work();
    const delays = await this.#ask({ type: "report" });
    if (delays.type !== "delays") throw new Error("the server did not tell its delays");
    return { ...result, delays };
  }

  stop(): void {
    this.#child.disconnect();
  }

  #ask(order: Order): Promise<Report> {
    this.#child.send(order);
    return nextReport(this.#child);
  }
}

async function nextReport(child: ChildProcess): Promise<Report> {
  const [report]: Report[] = await once(child, "message");
  if (report === undefined) throw new Error("an empty message");
  return report;
}

async function printThroughput(server: Server): Promise<void> {
  const rows: string[][] = [];
  for (const [name, dress] of [
    ["one line", (text: string) => text],
    ["encodebytes", inLines],
  ] as const) {
    const body = sampleRequest(dress);
    for (const connections of CONCURRENCY) {
      const { load, delays } = await server.watch(async () => ({
        load: await autocannon({
          url: `${server.url}/score`,
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
          connections,
          duration: SECONDS,
          timeout: 60,
        }),
      }));
      if (load.non2xx > 0 || load.errors > 0) throw new Error(`${load.non2xx + load.errors} requests failed`);
      rows.push([
        `${name}, ${(body.length / 1e6).toFixed(2)} MB`,
        String(connections),
        (load.requests.total / load.duration).toFixed(1),
        String(load.latency.p50),
        String(load.latency.p99),
        (delays.cpuMs / load.requests.total).toFixed(1),
        delays.p99Ms.toFixed(1),
        delays.maxMs.toFixed(1),
      ]);
    }
  }
  const head = ["body", "at once", "requests/s", "p50 ms", "p99 ms", "CPU ms", "loop p99 ms", "loop max ms"];
  process.stdout.write(`${textTable([head, ...rows])}\n\n`);
}

async function ask(server: Server, { name, body, status, events }: WorstCase): Promise<{ bytes: number }> {
  const headers = { "content-type": "application/json", ...(events && { accept: "text/event-stream" }) };
  const reply = await fetch(`${server.url}/score`, { method: "POST", headers, body });
  let bytes = 0;
  for await (const chunk of reply.body ?? []) bytes += chunk.length;
  if (reply.status !== status) throw new Error(`${name}: answered with ${reply.status}`);
  return { bytes };
}

/** The names of the requests that hold up the event loop for too long. */
async function printWorstCases(server: Server, title: string): Promise<readonly string[]> {
  const rows: string[][] = [];
  const tooLong: string[] = [];
  for (const worst of await worstCases()) {
    const blocked: number[] = [];
    let received = 0;
    for (let i = 0; i < TRIES; i++) {
      const { bytes, delays } = await server.watch(() => ask(server, worst));
      blocked.push(delays.maxMs);
      received = bytes;
    }
    const usual = median(blocked);
    if (usual > MAX_BLOCKED_MS) tooLong.push(worst.name);
    rows.push([
      worst.name,
      (worst.body.length / 1e6).toFixed(1),
      (received / 1e6).toFixed(1),
      usual.toFixed(1),
      Math.max(...blocked).toFixed(1),
    ]);
  }
  const head = [title, "MB in", "MB out", `blocked ms, median of ${TRIES}`, "most"];
  process.stdout.write(`${textTable([head, ...rows])}\n\n`);
  return tooLong;
}

const ends: (() => Promise<unknown>)[] = [];
const contentSafety = await startFakeContentSafety(
  { after: (end) => ends.push(end) },
  { key: CONTENT_SAFETY_KEY },
);
const server = await Server.start();
const screened = await Server.start([contentSafety.url, CONTENT_SAFETY_KEY]);
try {
  await printStages();
  await printThroughput(server);
  const tooLong = [
    ...(await printWorstCases(server, "one request")),
    ...(await printWorstCases(screened, "one request, screened")),
  ];
  if (contentSafety.counts.image === 0) throw new Error("content safety was not asked");
  if (tooLong.length > 0) {
    process.stdout.write(`more than ${MAX_BLOCKED_MS} ms: ${tooLong.join("; ")}\n`);
    process.exitCode = 1;
  } else process.stdout.write(`no request blocks the event loop for more than ${MAX_BLOCKED_MS} ms\n`);
} finally {
  server.stop();
  screened.stop();
  await Promise.all(ends.map((end) => end()));
}
