/**
 * @file One worker process from fork to exit: starting → ready → gone. Knows its messages and which jobs end with it;
 * does not know the queue, nor who starts the next worker.
 */
import { type ChildProcess, fork } from "node:child_process";
import type { EventEmitter } from "node:events";
import { fileURLToPath } from "node:url";
import { createDeferred, type Deferred } from "../async/deferred.js";
import { fulfilledWithin } from "../async/fulfilled-within.js";
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Logger } from "../observability/logger.js";
import type { DeviceRun } from "./device-run.js";
import { forwardLines } from "./forward-lines.js";
import { PartReceiver, PartSender } from "./message-parts.js";
import { oomKills } from "./oom-kills.js";
import {
  type FromWorker,
  isFromWorker,
  type JobId,
  type JobProgress,
  type MessageFromWorker,
  type ModelOptions,
  type ToWorker,
} from "./protocol.js";
import type { RunLimits } from "./run-limits.js";
import type { Stage } from "./stage.js";
import { Watchdog } from "./watchdog.js";

const WORKER_MAIN = fileURLToPath(new URL("./worker/main.js", import.meta.url));
/** A child that has nothing to do leaves within milliseconds; only one that hangs needs longer. */
const LEAVE_WITHIN_MS = 2000;
const NOT_REACHED = "a signal or a message did not reach the worker";

export interface WorkerOptions {
  readonly model: ModelOptions;
  readonly logger: Logger;
  /** The process's environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long runs may take; learns from those that this worker makes. */
  readonly limits: RunLimits;
  /** Every run that a worker has made. */
  onRan(message: MessageFromWorker<"ran">): void;
}

/** A run that a job had a part in. */
export interface JobRun {
  readonly stage: Stage;
  readonly run: DeviceRun;
  /** That shared it. */
  readonly jobs: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly ms: number;
  /** Of a UNet call: which of the job's, from 1, and how many it makes in all. */
  readonly call?: number;
  readonly calls?: number;
}

/** Hears of one job while it runs. */
export interface JobObserver {
  /** After each run. Absent: nobody asks. */
  readonly onRan?: (run: JobRun) => void;
  onStarted(unetCalls: number): void;
  onProgress(progress: Omit<JobProgress, "id">): void;
}

export type JobOptions = Omit<Extract<ToWorker, { readonly type: "run" }>, "type" | "id" | "job">;

/** The worker ended before the job did. */
export interface LostJob {
  readonly type: "lost";
  /** How the worker ended. */
  readonly how: string;
  /** The worker was at this job when it ended, and nobody from outside ended it. */
  readonly suspect: boolean;
  /** It was at this job and no other. */
  readonly alone: boolean;
}

export interface RunningJob {
  /** Never rejects. */
  readonly end: Promise<MessageFromWorker<"done"> | MessageFromWorker<"failed"> | LostJob>;
  /** Ask the worker to stop before the next run; `end` is fulfilled once it has. */
  cancel(): void;
}

interface Assignment {
  readonly observer: JobObserver;
  readonly end: Deferred<MessageFromWorker<"done"> | MessageFromWorker<"failed"> | LostJob>;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #logger: Logger;
  readonly #ready = createDeferred<MessageFromWorker<"ready">>();
  readonly #gone = createDeferred<InpaintError>();
  readonly #jobs = new Map<JobId, Assignment>();
  readonly #sender = new PartSender((message) => this.#write(message));
  readonly #receiver = new PartReceiver();
  #state: "starting" | "ready" | "gone" = "starting";
  #nextId: JobId = 1;
  #fatal: InpaintError | undefined;
  #lastErrorLine: string | undefined;
  #opened: MessageFromWorker<"ready"> | undefined;
  readonly #watchdog: Watchdog;
  #current: MessageFromWorker<"began"> | undefined;
  #rssBytes = 0;
  /** Why this side ended the process, if it did. */
  #endedFor: string | undefined;
  readonly #oomKillsBefore = oomKills();
  readonly #options: WorkerOptions;

  /** Forks at once. */
  constructor(options: WorkerOptions) {
    const { model, logger, environment } = options;
    this.#options = options;
    this.#child = fork(WORKER_MAIN, [], {
      env: { ...environment },
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // The server's debugger port and the like are its own. A worker that is short of memory collects its garbage.
      execArgv: ["--expose-gc"],
    });
    this.#logger = logger.child({ workerPid: this.#child.pid });
    this.#watchdog = this.#watch();
    this.#listen();
    this.#send({ type: "open", model });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True while the process could take a job. False the moment its death is known. */
  get isReady(): boolean {
    return this.#state === "ready";
  }

  /** Fulfilled when the model is open and warm; rejects with the reason when the process ends before. */
  get ready(): Promise<MessageFromWorker<"ready">> {
    return this.#ready.promise;
  }

  /** Fulfilled with the reason when the process has ended and its last words were read. Never rejects. */
  get gone(): Promise<InpaintError> {
    return this.#gone.promise;
  }

  /** What the worker said of its model; undefined until it is open. */
  get opened(): MessageFromWorker<"ready"> | undefined {
    return this.#opened;
  }

  /** Jobs that were given to it and have not ended. */
  get jobCount(): number {
    return this.#jobs.size;
  }

  /** Resident memory after the last run; 0 before the first. */
  get rssBytes(): number {
    return this.#rssBytes;
  }

  /** Only while `isReady`. */
  run(job: InpaintJob, options: JobOptions, observer: JobObserver): RunningJob {
    const id = this.#nextId++;
    const end = createDeferred<MessageFromWorker<"done"> | MessageFromWorker<"failed"> | LostJob>();
    this.#jobs.set(id, { observer, end });
    const sent = this.#sender.send({ type: "run", id, job, ...options } satisfies ToWorker);
    const cancel = () => void this.#sender.sendNextAfter(sent, { type: "cancel", id } satisfies ToWorker);
    return { end: end.promise, cancel };
  }

  /** End the process: an idle one leaves by itself when its channel closes, one that does not is killed. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    if (!(await fulfilledWithin(this.gone, LEAVE_WITHIN_MS))) await this.kill();
  }

  /** End the process now, whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.gone;
  }

  #listen(): void {
    const child = this.#child;
    child.on("error", (error) => {
      if (child.pid === undefined) this.#end(`it could not be started: ${error.message}`, false);
      else this.#logger.warn({ err: error }, NOT_REACHED);
    });
    child.on("message", (received) => {
      const message = this.#receiver.receive(received);
      if (message === undefined) return;
      if (isFromWorker(message)) this.#receive(message);
      else this.#logger.error({ message }, "a worker sent a message of an unknown kind: this is a bug");
    });
    const lastWords = [happened(child, "disconnect")];
    // Absent too where there was no file descriptor left for it.
    if (child.stdout) {
      forwardLines(child.stdout, (line) => this.#logger.info(line));
      lastWords.push(happened(child.stdout, "close"));
    }
    if (child.stderr) {
      forwardLines(child.stderr, (line) => {
        this.#lastErrorLine = line;
        this.#logger.warn(line);
      });
      lastWords.push(happened(child.stderr, "close"));
    }
    // The process is dead at "exit", but what it said last may still arrive. (The child's "close" would tell when all
    // of it has, but Node 20 does not emit it for a channel that this side closed.)
    child.on("exit", (code, signal) => {
      this.#state = "gone";
      this.#watchdog.stop();
      const how = this.#endedFor ?? signal ?? `exit code ${code}`;
      // Somebody's SIGKILL says nothing of the jobs; the kernel's and this side's own do.
      const fromOutside =
        signal === "SIGKILL" && this.#endedFor === undefined && oomKills() === this.#oomKillsBefore;
      void Promise.all(lastWords).then(() => this.#end(how, !fromOutside));
    });
  }

  #receive(message: FromWorker): void {
    // What a run says of itself and its jobs on the way does not end it.
    if (message.type === "began") this.#current = message;
    else if (message.type === "ran") {
      if (this.#current !== undefined) {
        this.#options.limits.observe(this.#current, message.ms);
        this.#tellRan(this.#current, message);
      }
      this.#current = undefined;
    }
    const opens = (this.#state === "starting" && message.type !== "ready") || message.type === "economizing";
    this.#watchdog.heard(opens ? "opening" : this.#current);
    switch (message.type) {
      case "ready":
        if (this.#state === "starting") this.#state = "ready";
        this.#opened = message;
        this.#ready.resolve(message);
        return;
      case "fatal":
        this.#fatal = new InpaintError(message.code, message.message);
        return;
      case "started":
        this.#jobs.get(message.id)?.observer.onStarted(message.unetCalls);
        return;
      case "began":
      case "pong":
        return;
      case "ran":
        this.#rssBytes = message.rssBytes;
        for (const { id, ...progress } of message.progress) {
          this.#jobs.get(id)?.observer.onProgress(progress);
        }
        this.#options.onRan(message);
        return;
      case "shrunk":
        this.#logger.warn(
          { rows: message.rows, shape: message.shape },
          "memory was too small for a UNet call; it is made in parts from now on",
        );
        if (message.otherRounding) {
          this.#logger.warn(
            { rows: message.rows, shape: message.shape },
            "DETERMINISTIC: this worker's UNet calls of this shape have fewer rows from now on, and round otherwise than before",
          );
        }
        return;
      case "economizing":
        this.#logger.warn(
          "memory was too small for a run; the UNet is opened anew, to free what it kept for the next ones",
        );
        return;
      case "done":
      case "failed":
        this.#take(message.id)?.end.resolve(message);
        return;
      default:
        message satisfies never;
    }
  }

  #tellRan({ ids, stage }: MessageFromWorker<"began">, ran: MessageFromWorker<"ran">): void {
    for (const id of ids) {
      const onRan = this.#jobs.get(id)?.observer.onRan;
      if (onRan === undefined) continue;
      const { run, jobs, startedAtMs, ms } = ran;
      const progress = ran.progress.find((other) => other.id === id);
      onRan({
        stage,
        run,
        jobs,
        startedAtMs,
        ms,
        ...(progress && { call: progress.call, calls: progress.calls }),
      });
    }
  }

  #take(id: JobId): Assignment | undefined {
    const assignment = this.#jobs.get(id);
    this.#jobs.delete(id);
    return assignment;
  }

  #watch(): Watchdog {
    return new Watchdog({
      limits: this.#options.limits,
      ping: () => void this.#write({ type: "ping" } satisfies ToWorker), // before what waits to be sent
      onHung: (silentMs) => {
        if (this.#current !== undefined) this.#options.limits.givenUp(this.#current);
        this.#endedFor = `it was silent for ${Math.round(silentMs)} ms, so it was killed`;
        this.#child.kill("SIGKILL");
      },
    });
  }

  #loseJobs(how: string, suspicious: boolean): void {
    const atWork = this.#current?.ids ?? [];
    for (const [id, { end }] of this.#jobs) {
      const suspect = suspicious && atWork.includes(id);
      end.resolve({ type: "lost", how, suspect, alone: atWork.length === 1 });
    }
    this.#jobs.clear();
  }

  #end(how: string, suspicious: boolean): void {
    this.#state = "gone";
    this.#watchdog.stop();
    this.#loseJobs(how, suspicious);
    const lastWords = this.#lastErrorLine === undefined ? "" : `; its last words: ${this.#lastErrorLine}`;
    const reason =
      this.#fatal ?? new InpaintError("WORKER_LOST", `the worker process died (${how})${lastWords}`);
    this.#ready.reject(reason); // counts only if it never was ready
    this.#gone.resolve(reason);
  }

  #send(message: ToWorker): void {
    void this.#sender.send(message);
  }

  /** Fulfilled when `message` has left, or never will. */
  #write(message: object): Promise<void> {
    // A closed channel belongs to a process that is ending: "exit" says what that means for its jobs.
    if (!this.#child.connected) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.send(message, (error) => {
        if (error !== null) this.#logger.warn({ err: error }, NOT_REACHED);
        resolve();
      });
    });
  }
}

function happened(emitter: EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.once(event, () => resolve()));
}
