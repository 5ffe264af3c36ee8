/** @file `GET /metrics`: the registry in Prometheus' text format. Knows no metric. */
import type { FastifyInstance } from "fastify";
import type { Metrics } from "../../observability/metrics.js";

export function metricsRoute(app: FastifyInstance, { registry }: Metrics): void {
  app.get("/metrics", { logLevel: "warn" }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
