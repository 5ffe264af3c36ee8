/**
 * @file Serving from start to stop: parts wired and, in the right order, ended. Listens at once; readiness tells when jobs
 * can be served. Knows no variable by name.
 */

import { onAbort } from "../async/abort.js";
import { fulfilledWithin } from "../async/fulfilled-within.js";
import { type Settings, unknownSafetyVariables } from "../config/settings.js";
import { shownSettings } from "../config/shown-settings.js";
import { Engine } from "../engine/engine.js";
import type { InpaintError } from "../errors/inpaint-error.js";
import { createLogger } from "../observability/logger.js";
import { createMetrics, watchProcess } from "../observability/metrics.js";
import { startTracing } from "../observability/start-tracing.js";
import type { Tracing } from "../observability/tracing.js";
import { createRemoteImages } from "../remote-images/remote-images.js";
import { exitWithReason } from "./exit-with-reason.js";
import { EMBEDDED_MODEL_DIR } from "./package-paths.js";
import { openScreening } from "./screening.js";

/** How long the last spans may take to be sent. */
const LAST_SPANS_MS = 2000;
/** How long replies may take to leave after the last job ended; a client that reads slower is cut off. */
const LAST_REPLIES_MS = 5000;

/** What is ended when the server is: as much as there is by then. */
interface Opened {
  readonly apps: readonly ReturnType<typeof import("../http/app.js").buildApp>[];
  readonly tracing: Tracing;
}

/**
 * Serves until `stopSignal` aborts (its reason is the signal's name) and then ends the process with exit code 0, or with 1
 * and the reason when no worker can be started any more. Rejects when it cannot begin to serve.
 */
export async function serve(settings: Settings, stopSignal: AbortSignal): Promise<void> {
  const logger = createLogger(settings.logLevel);
  const metrics = createMetrics();
  watchProcess(metrics);
  const modelDir = settings.modelDir ?? EMBEDDED_MODEL_DIR;
  logger.info({ settings: { ...shownSettings(settings), modelDir } }, "starting");
  for (const variable of unknownSafetyVariables(process.env)) {
    logger.warn({ variable }, "a variable that nothing reads: is its name misspelt?");
  }
  const imageSource = createRemoteImages(settings);

  let opened: Opened | undefined;
  let stopping = false;
  let failure: InpaintError | undefined;
  /** Let the last replies leave, then end the process. */
  const leave = async () => {
    const { apps = [], tracing } = opened ?? {};
    setTimeout(() => {
      for (const { server } of apps) server.closeAllConnections();
    }, LAST_REPLIES_MS).unref();
    await Promise.all(apps.map((app) => app.close()));
    if (tracing !== undefined) await fulfilledWithin(tracing.shutdown(), LAST_SPANS_MS);
    if (failure !== undefined) exitWithReason(failure);
    logger.info("stopped");
    process.exit(0);
  };
  const onGivenUp = (reason: InpaintError) => {
    failure = reason;
    if (stopping) return; // whoever stops the server leaves, once the engine is closed
    stopping = true;
    leave().catch(exitWithReason);
  };
  const engine = new Engine({
    ...settings,
    modelDir,
    deterministic: settings.deterministic === "1",
    maxQueuedWork: settings.maxQueuedWork * 1e6,
    environment: process.env,
    logger,
    metrics,
    onGivenUp,
  });
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    logger.info(
      { signal: stopSignal.reason },
      "stopping: not ready for new work, finishing what was admitted",
    );
    // The port stays open meanwhile, so that the readiness probe is answered: with 503.
    await engine.close();
    await leave();
  };
  onAbort(stopSignal, () => {
    stop().catch(exitWithReason);
  });
  if (stopping) return;
  const started = engine.start();
  started.catch(() => {}); // looked at below
  // The worker opens its model meanwhile.
  const [tracing, screening, { buildApp, buildHealthApp }, { createSharpCodec }, { createScorer }] =
    await Promise.all([
      startTracing({ environment: process.env, settings, logger }),
      openScreening(settings, { logger, metrics }),
      import("../http/app.js"),
      import("../image/sharp-codec.js"),
      import("../scoring/score.js"),
    ]);
  if (stopping) return;
  const scorer = createScorer({
    codec: createSharpCodec({ maxPixels: settings.maxPixels }),
    imageSource,
    runner: engine,
    screening,
    limits: settings,
    metrics,
  });
  let screeningChecked = screening === undefined;
  const common = { isReady: () => engine.ready && screeningChecked, metrics, logger, settings };
  const app = buildApp({ ...common, scorer, model: () => engine.model, tracing });
  const healthApp = settings.separateHealthEndpoint ? buildHealthApp(common) : undefined;

  opened = { apps: healthApp === undefined ? [app] : [app, healthApp], tracing };
  try {
    if (healthApp !== undefined) {
      const url = await healthApp.listen({ host: settings.host, port: settings.healthPort });
      logger.info({ url }, "the probes are answered on a port of their own too");
    }
    await app.listen({ host: settings.host, port: settings.port });
    const bound = app.server.address();
    logger.info(typeof bound === "object" ? { ...bound } : { address: bound }, "listening");
    const checked = screening?.start(stopSignal).then(() => {
      screeningChecked = true;
    });
    await Promise.all([checked, started]);
  } catch (error) {
    if (!stopping) throw error; // whoever stopped it ends the process too
  }
}
