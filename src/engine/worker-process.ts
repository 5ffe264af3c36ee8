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
import { forwardLines } from "./forward-lines.js";
import {
  type FromWorker,
  isFromWorker,
  type JobId,
  type MessageFromWorker,
  type ModelOptions,
  type ToWorker,
} from "./protocol.js";

const WORKER_MAIN = fileURLToPath(new URL("./worker/main.js", import.meta.url));
/** A child that has nothing to do leaves within milliseconds; only one that hangs needs longer. */
const LEAVE_WITHIN_MS = 2000;

export interface WorkerOptions {
  readonly model: ModelOptions;
  readonly logger: Logger;
}

/** Hears of one job while it runs. */
export interface JobObserver {
  onStarted(unetCalls: number): void;
  onProgress(): void;
}

export interface RunningJob {
  /** Rejects with WORKER_LOST when the process dies, else with the worker's own InpaintError. */
  readonly result: Promise<MessageFromWorker<"done">>;
  /** Ask the worker to stop before the next UNet call; `result` settles once it has. */
  cancel(): void;
}

interface Assignment {
  readonly observer: JobObserver;
  readonly result: Deferred<MessageFromWorker<"done">>;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #logger: Logger;
  readonly #ready = createDeferred<MessageFromWorker<"ready">>();
  readonly #gone = createDeferred<InpaintError>();
  readonly #jobs = new Map<JobId, Assignment>();
  #state: "starting" | "ready" | "gone" = "starting";
  #nextId: JobId = 1;
  #fatal: InpaintError | undefined;
  #lastErrorLine: string | undefined;
  #opened: MessageFromWorker<"ready"> | undefined;

  /** Forks at once. */
  constructor({ model, logger }: WorkerOptions) {
    this.#child = fork(WORKER_MAIN, [], {
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: [], // the server's debugger port and the like are its own
    });
    this.#logger = logger.child({ workerPid: this.#child.pid });
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

  /** Only while `isReady`. */
  run(job: InpaintJob, observer: JobObserver): RunningJob {
    const id = this.#nextId++;
    const result = createDeferred<MessageFromWorker<"done">>();
    this.#jobs.set(id, { observer, result });
    this.#send({ type: "run", id, job });
    return { result: result.promise, cancel: () => this.#send({ type: "cancel", id }) };
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
    child.on("message", (message) => {
      if (isFromWorker(message)) this.#receive(message);
      else this.#logger.error({ message }, "a worker sent a message of an unknown kind: this is a bug");
    });
    const lastWords = [happened(child, "disconnect")];
    if (child.stdout !== null) {
      forwardLines(child.stdout, (line) => this.#logger.info(line));
      lastWords.push(happened(child.stdout, "close"));
    }
    if (child.stderr !== null) {
      forwardLines(child.stderr, (line) => {
        this.#lastErrorLine = line;
        this.#logger.warn(line);
      });
      lastWords.push(happened(child.stderr, "close"));
    }
    // The process is dead at "exit", but what it said last may still arrive. (The child's "close" would tell when all
    // of it has, but Node 20 does not emit it for a channel that this side closed.)
    child.on("exit", (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      this.#loseJobs(how);
      void Promise.all(lastWords).then(() => this.#end(how));
    });
    child.on("error", (error) => {
      if (child.pid === undefined) this.#end(`it could not be started: ${error.message}`);
      else this.#logger.warn({ err: error }, "a signal or a message did not reach the worker");
    });
  }

  #receive(message: FromWorker): void {
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
      case "progress":
        this.#jobs.get(message.id)?.observer.onProgress();
        return;
      case "done":
        this.#take(message.id)?.result.resolve(message);
        return;
      case "failed":
        this.#take(message.id)?.result.reject(new InpaintError(message.code, message.message));
        return;
      default:
        message satisfies never;
    }
  }

  #take(id: JobId): Assignment | undefined {
    const assignment = this.#jobs.get(id);
    this.#jobs.delete(id);
    return assignment;
  }

  #loseJobs(how: string): void {
    this.#state = "gone";
    for (const { result } of this.#jobs.values()) {
      result.reject(
        new InpaintError("WORKER_LOST", `the worker process died while it ran this job (${how})`),
      );
    }
    this.#jobs.clear();
  }

  #end(how: string): void {
    this.#loseJobs(how);
    const lastWords = this.#lastErrorLine === undefined ? "" : `; its last words: ${this.#lastErrorLine}`;
    const reason =
      this.#fatal ?? new InpaintError("WORKER_LOST", `the worker process died (${how})${lastWords}`);
    this.#ready.reject(reason); // counts only if it never was ready
    this.#gone.resolve(reason);
  }

  #send(message: ToWorker): void {
    // A closed channel belongs to a process that is ending: "exit" says what that means for its jobs.
    if (this.#child.connected) this.#child.send(message);
  }
}

function happened(emitter: EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.once(event, () => resolve()));
}
