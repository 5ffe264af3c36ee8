/**
 * @file The server: settings in, parts wired, exit code out. Listens at once; readiness tells when jobs can be served.
 * Exits 0 after SIGTERM or SIGINT, 1 with one line on stderr when it cannot serve.
 */
import { fulfilledWithin } from "../async/fulfilled-within.js";
import { readSettings, type Settings } from "../config/settings.js";
import { shownSettings } from "../config/shown-settings.js";
import { Engine } from "../engine/engine.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { createLogger } from "../observability/logger.js";
import { createMetrics, watchProcess } from "../observability/metrics.js";
import { startTracing } from "../observability/start-tracing.js";
import { createRemoteImages } from "../remote-images/remote-images.js";
import { EMBEDDED_MODEL_DIR } from "./package-paths.js";
import { openScreening } from "./screening.js";

/** How long the last spans may take to be sent. */
const LAST_SPANS_MS = 2000;
/** How long replies may take to leave after the last job ended; a client that reads slower is cut off. */
const LAST_REPLIES_MS = 5000;

function exitWithReason(error: unknown): never {
  const reason = error instanceof InpaintError ? error.message : String(error);
  process.stderr.write(`inpaint-server: ${reason.replaceAll("\n", " ")}\n`);
  process.exit(1);
}

async function serve(settings: Settings): Promise<void> {
  const logger = createLogger(settings.logLevel);
  const metrics = createMetrics();
  watchProcess(metrics);
  const modelDir = settings.modelDir ?? EMBEDDED_MODEL_DIR;
  logger.info({ settings: { ...shownSettings(settings), modelDir } }, "starting");
  const imageSource = createRemoteImages(settings);
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

  let stopping = false;
  const stopSignal = new AbortController();
  let failure: InpaintError | undefined;
  /** Let the last replies leave, then end the process. */
  const leave = async () => {
    setTimeout(() => {
      for (const each of [app, healthApp]) each?.server.closeAllConnections();
    }, LAST_REPLIES_MS).unref();
    await Promise.all([app.close(), healthApp?.close()]);
    await fulfilledWithin(tracing.shutdown(), LAST_SPANS_MS);
    if (failure !== undefined) exitWithReason(failure);
    logger.info("stopped");
    process.exit(0);
  };
  function onGivenUp(reason: InpaintError): void {
    failure = reason;
    if (stopping) return; // whoever stops the server leaves, once the engine is closed
    stopping = true;
    leave().catch(exitWithReason);
  }
  const stop = async (signal: string) => {
    if (stopping) return; // Ctrl-C under npm arrives twice: from the terminal and from npm
    stopping = true;
    stopSignal.abort();
    logger.info({ signal }, "stopping: not ready for new work, finishing what was admitted");
    // The port stays open meanwhile, so that the readiness probe is answered: with 503.
    await engine.close();
    await leave();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => stop(signal).catch(exitWithReason));
  }

  if (healthApp !== undefined) {
    const url = await healthApp.listen({ host: settings.host, port: settings.healthPort });
    logger.info({ url }, "the probes are answered on a port of their own too");
  }
  await app.listen({ host: settings.host, port: settings.port });
  const bound = app.server.address();
  logger.info(typeof bound === "object" ? { ...bound } : { address: bound }, "listening");
  try {
    const checked = screening?.start(stopSignal.signal).then(() => {
      screeningChecked = true;
    });
    await Promise.all([checked, started]);
  } catch (error) {
    if (!stopping) throw error;
  }
}

try {
  await serve(readSettings(process.env));
} catch (error) {
  exitWithReason(error);
}
