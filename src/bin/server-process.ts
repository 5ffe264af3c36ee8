/**
 * @file The server as its own process, for whoever wants to talk to it over HTTP: the demo, tests, scripts. Knows its
 * log lines and its end; knows no route.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fulfilledWithin } from "../async/fulfilled-within.js";
import { SERVER_MAIN } from "./package-paths.js";

/** One line of the server's log. */
export interface LogRecord {
  readonly msg: string;
  readonly [key: string]: unknown;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote to stderr, trimmed. */
  readonly stderr: string;
}

interface Waiter {
  readonly matches: (record: LogRecord) => boolean;
  readonly resolve: (record: LogRecord) => void;
}

export class ServerProcess {
  /** Fulfilled when the process has ended, however it ended. */
  readonly exited: Promise<ServerExit>;
  readonly #child: ChildProcess;
  readonly #records: LogRecord[] = [];
  #waiters: Waiter[] = [];
  #stderr = "";

  /** Starts at once, on a free port of 127.0.0.1 unless `environment` says otherwise. */
  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#child = spawn(process.execPath, [SERVER_MAIN], {
      env: { HOST: "127.0.0.1", PORT: "0", ...environment, LOG_LEVEL: "info" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => this.#read(line));
    }
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.exited = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => resolve({ code, signal, stderr: this.#stderr.trim() }));
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the server process could not be started");
    return this.#child.pid;
  }

  /** Everything logged so far. */
  get records(): readonly LogRecord[] {
    return this.#records;
  }

  /** The address to send requests to, once the server listens. */
  async listening(): Promise<string> {
    const { address, port } = await this.logged((record) => record.msg === "listening");
    return `http://${address}:${port}`;
  }

  /** The `n`-th time (from 1) that a worker became ready; its process id. */
  async workerReady(n = 1): Promise<number> {
    const { workerPid } = await this.logged(
      (record) =>
        record.msg === "worker ready" && this.#records.filter(isWorkerReady).indexOf(record) === n - 1,
    );
    if (typeof workerPid !== "number") throw new Error("the server's log names no worker process");
    return workerPid;
  }

  /** The first log record that matches, past or to come. Rejects with the server's last words when it ends before. */
  async logged(matches: (record: LogRecord) => boolean): Promise<LogRecord> {
    const past = this.#records.find(matches);
    if (past !== undefined) return past;
    const toCome = new Promise<LogRecord>((resolve) => this.#waiters.push({ matches, resolve }));
    const tooLate = this.exited.then(({ code, signal, stderr }) => {
      throw new Error(
        `the server ended (${signal ?? `exit code ${code}`})${stderr === "" ? "" : `: ${stderr}`}`,
      );
    });
    return Promise.race([toCome, tooLate]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, and SIGKILL for a server that has not ended within `graceMs`. */
  async stop(graceMs = 15_000): Promise<ServerExit> {
    this.kill("SIGTERM");
    if (!(await fulfilledWithin(this.exited, graceMs))) this.kill("SIGKILL");
    return this.exited;
  }

  #read(line: string): void {
    const record = parseRecord(line);
    if (record === undefined) return;
    this.#records.push(record);
    const heard = this.#waiters.filter(({ matches }) => matches(record));
    this.#waiters = this.#waiters.filter((waiter) => !heard.includes(waiter));
    for (const { resolve } of heard) resolve(record);
  }
}

const isWorkerReady = (record: LogRecord) => record.msg === "worker ready";

function parseRecord(line: string): LogRecord | undefined {
  if (!line.startsWith("{")) return undefined;
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null || !("msg" in value)) return undefined;
  return { ...value, msg: String(value.msg) };
}
