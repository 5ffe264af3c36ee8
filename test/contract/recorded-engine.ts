/** @file The real engine with a wrapper that notes each job it is given, and applications around it on real ports. */
import type { TestContext } from "node:test";
import { readSettings } from "../../src/config/settings.js";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import type { Engine } from "../../src/engine/engine.js";
import { buildApp } from "../../src/http/app.js";
import { createSharpCodec } from "../../src/image/sharp-codec.js";
import { createMetrics } from "../../src/observability/metrics.js";
import type { JobRunner, Permit, RunOptions } from "../../src/scoring/ports.js";
import { createScorer } from "../../src/scoring/score.js";
import { LogCapture } from "../support/log-capture.js";
import { createTestEngine } from "../support/test-engine.js";
import type { Endpoint } from "./ask.js";
import type { ContractScope } from "./contract-test.js";

/** Runs every job on `engine`, after `before` was told of it. */
function recording(engine: Engine, before: (job: InpaintJob) => void): JobRunner {
  return {
    get geometry() {
      return engine.geometry;
    },
    problemsWith: (plan) => engine.problemsWith(plan),
    reserve(plans, options) {
      const permit: Permit = engine.reserve(plans, options);
      return {
        run: async (index: number, job: InpaintJob, runOptions: RunOptions) => {
          before(job);
          return permit.run(index, job, runOptions);
        },
        release: () => permit.release(),
      };
    },
  };
}

/** An application that listens, and its log. */
export interface RecordedApp extends Endpoint {
  readonly log: LogCapture;
  /** In the order in which the engine was given them. */
  readonly jobs: readonly InpaintJob[];
}

export class RecordedEngine {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Ready, with the random checkpoint, until `t` ends. */
  static async start(t: TestContext): Promise<RecordedEngine> {
    const { engine } = createTestEngine(t, { workerThreads: 1 });
    await engine.start();
    return new RecordedEngine(engine);
  }

  /** An application with these settings, until `scope` ends. What `before` throws, the engine throws. */
  async serve(
    scope: ContractScope,
    env: Readonly<Record<string, string>> = {},
    before: (job: InpaintJob) => void = () => {},
  ): Promise<RecordedApp> {
    const jobs: InpaintJob[] = [];
    const runner = recording(this.#engine, (job) => {
      jobs.push(job);
      before(job);
    });
    return serveRunner(scope, { env, runner, jobs, engine: this.#engine });
  }
}

interface Served {
  readonly env: Readonly<Record<string, string>>;
  readonly runner: JobRunner;
  readonly jobs: readonly InpaintJob[];
  readonly engine: Engine;
}

async function serveRunner(
  scope: ContractScope,
  { env, runner, jobs, engine }: Served,
): Promise<RecordedApp> {
  const settings = readSettings(env);
  const metrics = createMetrics();
  const log = new LogCapture();
  const codec = createSharpCodec({ maxPixels: settings.maxPixels });
  const app = buildApp({
    scorer: createScorer({ codec, runner, limits: settings, metrics }),
    isReady: () => engine.ready,
    model: () => engine.model,
    metrics,
    logger: log.logger,
    settings,
  });
  scope.after(() => app.close());
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }), log, jobs };
}

/** An application around an engine of its own that has not been started, and how to start it. */
export async function serveUnopened(
  scope: ContractScope,
): Promise<RecordedApp & { readonly open: () => Promise<void> }> {
  const { engine } = createTestEngine(scope, { workerThreads: 1 });
  const app = await serveRunner(scope, { env: {}, runner: engine, jobs: [], engine });
  return { ...app, open: () => engine.start() };
}
