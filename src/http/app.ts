/**
 * @file The HTTP applications, put together: the one with every route, and the probes alone. Knows nothing of images and
 * jobs, and opens no port (bin/ does).
 */
import type { FastifyInstance } from "fastify";
import type { Settings } from "../config/settings.js";
import type { Logger } from "../observability/logger.js";
import type { Metrics } from "../observability/metrics.js";
import type { Tracing } from "../observability/tracing.js";
import type { Scorer } from "../scoring/score.js";
import { HeldAnswers } from "./answer/held-answers.js";
import { bareApp } from "./bare-app.js";
import { receiveBodies } from "./body/receive-bodies.js";
import { apiDocumentRoutes } from "./routes/api-documents.js";
import { healthRoutes } from "./routes/health.js";
import { infoRoute, type ServedModel } from "./routes/info.js";
import { kserveRoutes } from "./routes/kserve.js";
import { metricsRoute } from "./routes/metrics.js";
import { mlflowRoutes } from "./routes/mlflow.js";
import { scoreRoutes } from "./routes/score.js";
import { withScoringFaults } from "./scoring-faults.js";

export interface AppOptions {
  readonly scorer: Scorer;
  /** Whether a job could be served now. */
  readonly isReady: () => boolean;
  /** The model that could serve a job now, if there is one. */
  readonly model: () => ServedModel | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly settings: Settings;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
}

export function buildApp(options: AppOptions): FastifyInstance {
  const { isReady, model, metrics, settings } = options;
  const heldAnswers = new HeldAnswers(settings.maxHeldResponseBytes, (bytes) =>
    metrics.httpHeldResponseBytes.set(bytes),
  );
  const app = bareApp({ ...options, heldAnswers });
  const scorer = withScoringFaults(options.scorer, settings.azuremlStrict);

  app.decorate("heldAnswers", heldAnswers);
  receiveBodies(app, { settings, metrics, check: () => heldAnswers.check() });

  healthRoutes(app, isReady);
  mlflowRoutes(app, isReady);
  kserveRoutes(app, isReady, settings);
  infoRoute(app, model, settings);
  apiDocumentRoutes(app, settings);
  metricsRoute(app, metrics);
  scoreRoutes(app, scorer, settings);
  return app;
}

/** The probes alone, for a port of their own: whoever can reach it needs no key. */
export function buildHealthApp(options: Omit<AppOptions, "scorer" | "model">): FastifyInstance {
  const settings = { ...options.settings, apiKeys: [], corsOrigins: [] };
  const heldAnswers = new HeldAnswers(settings.maxHeldResponseBytes, () => {}); // the metric is the other port's
  const app = bareApp({ ...options, settings, heldAnswers });
  app.removeAllContentTypeParsers();
  healthRoutes(app, options.isReady);
  return app;
}
