/** @file The dashboard and the alert rules of deploy/observability, against what a server exposes after its first requests. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { ERROR_CODES } from "../../src/errors/inpaint-error.js";
import { JOB_OUTCOMES, SCREENING_OUTCOMES } from "../../src/observability/metrics.js";
import { startFakeContentSafety } from "../support/fake-content-safety.js";
import { rootPath } from "../support/paths.js";
import { type Sample, samplesOf } from "../support/prometheus-text.js";
import { namesIn } from "../support/promql-selectors.js";
import { harmlessRow, rowsRequest, startReadyScreenedServer } from "../support/screened-server.js";
import { TEST_KEY } from "../support/screening.js";
import { smallRequest } from "../support/small-request.js";

const read = (name: string) => readFile(join(rootPath, "deploy/observability", name), "utf8");

/** Every string under the key `expr`, wherever it stands. */
function expressionsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "expr" && typeof inner === "string" ? [inner] : expressionsIn(inner),
  );
}

/** Prometheus adds them when it scrapes. */
const SCRAPE_LABELS = ["job", "instance"];
const STATUS_CLASSES = ["2xx", "4xx", "5xx"];
/** By metric and label: what it may say though the first requests do not show it. */
const CLOSED_SETS: Readonly<Record<string, readonly string[]>> = {
  "inpaint_errors_total code": ERROR_CODES,
  "inpaint_jobs_total outcome": JOB_OUTCOMES,
  "inpaint_screening_checks_total outcome": SCREENING_OUTCOMES,
  "inpaint_http_request_seconds_count status_class": STATUS_CLASSES,
  "inpaint_http_request_seconds_bucket status_class": STATUS_CLASSES,
};

/** Whether a label with one of `values` is chosen by each part of the matcher, as Prometheus reads it. */
function canMatch(operator: string, value: string, values: readonly string[]): boolean {
  if (operator === "=") return values.includes(value);
  if (operator !== "=~") return true;
  return value.split("|").every((part) => values.some((each) => new RegExp(`^(?:${part})$`).test(each)));
}

/** What in `expression` no sample has. */
function strangersIn(expression: string, samples: readonly Sample[]): readonly string[] {
  const { selectors, groupLabels } = namesIn(expression);
  assert.ok(selectors.length > 0, `no metric in ${expression}`);
  const known = new Set(SCRAPE_LABELS);
  const strangers = selectors.flatMap(({ metric, matchers }) => {
    const own = samples.filter(({ name }) => name === metric);
    if (own.length === 0) return [metric];
    for (const { labels } of own) for (const label of Object.keys(labels)) known.add(label);
    return matchers.flatMap(({ label, operator, value }) => {
      if (SCRAPE_LABELS.includes(label)) return [];
      if (!own.some(({ labels }) => label in labels)) return [`${metric}{${label}}`];
      const seen = own.map(({ labels }) => labels[label] ?? "");
      const values = [...seen, ...(CLOSED_SETS[`${metric} ${label}`] ?? [])];
      return canMatch(operator, value, values) ? [] : [`${metric}{${label}${operator}"${value}"}`];
    });
  });
  return [...strangers, ...groupLabels.filter((label) => !known.has(label)).map((label) => `by (${label})`)];
}

test("what is not exposed is noticed", () => {
  const samples = samplesOf(
    'a_total{code="NOT_FOUND"} 1\ninpaint_screening_checks_total{outcome="allowed"} 1\nb_bucket{le="1",route="/score"} 2\n',
  );
  const strangers = (expression: string) => strangersIn(expression, samples);
  assert.deepEqual(strangers('sum by (code, job) (rate(a_total{job=~"$job"}[5m])) / 2 > 0.5'), []);
  assert.deepEqual(strangers("histogram_quantile(0.95, sum by (le) (rate(b_bucket[$__rate_interval])))"), []);
  assert.deepEqual(strangers("rate(a_totals[5m]) / b_bucket"), ["a_totals"]);
  assert.deepEqual(strangers('a_total{kind="x"}'), ["a_total{kind}"]);
  assert.deepEqual(strangers('b_bucket{route="/scores"}'), ['b_bucket{route="/scores"}']);
  assert.deepEqual(strangers('a_total{code="QUEUE_FUL"}'), ['a_total{code="QUEUE_FUL"}']);
  assert.deepEqual(strangers('inpaint_screening_checks_total{outcome="unscreened"}'), []);
  assert.deepEqual(strangers('inpaint_screening_checks_total{outcome="failed"}'), [
    'inpaint_screening_checks_total{outcome="failed"}',
  ]);
  assert.deepEqual(strangers('b_bucket{route=~"/sco.+"}'), []);
  assert.deepEqual(strangers('b_bucket{route=~"/score|/invocation"}'), [
    'b_bucket{route=~"/score|/invocation"}',
  ]);
  assert.deepEqual(strangers("sum by (worker) (a_total)"), ["by (worker)"]);
});

test("requests are counted by one matcher, that of the scoring routes", async () => {
  const matchers = new Set<string>();
  const texts = [expressionsIn(parse(await read("alerts.yaml")))];
  texts.push(expressionsIn(JSON.parse(await read("grafana-dashboard.json"))));
  for (const { metric, matchers: all } of texts.flat().flatMap((text) => namesIn(text).selectors)) {
    if (!metric.startsWith("inpaint_http_request_seconds")) continue;
    const { operator, value } = all.find(({ label }) => label === "route") ?? {
      operator: "",
      value: "every route",
    };
    matchers.add(`${operator}${value}`);
  }
  assert.deepEqual([...matchers], ["=~/score|/invocations|.+:predict"]);
});

test("every metric and label of the dashboard and the alerts is in a scrape of a running server", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const server = await startReadyScreenedServer(t, fake, { CONTENT_SAFETY_ON_ERROR: "allow" });
  assert.equal((await server.score(smallRequest(1, 1))).status, 200);
  const unscreened = rowsRequest([harmlessRow({ prompt: "[[fault empty object]]" })]);
  assert.equal((await server.score(unscreened)).status, 200);
  assert.equal((await server.score("{bad")).status, 400);
  for (const path of ["/invocations", "/v1/models/stable-diffusion-2-inpainting:predict"]) {
    const request = { method: "POST", headers: { "content-type": "application/json" }, body: "{bad" };
    assert.equal((await fetch(`${server.url}${path}`, request)).status, 400);
  }
  const samples = samplesOf((await server.get("/metrics")).text);
  const dashboard: unknown = JSON.parse(await read("grafana-dashboard.json"));
  const alerts: unknown = parse(await read("alerts.yaml"));
  for (const [file, expressions, least] of [
    ["grafana-dashboard.json", expressionsIn(dashboard), 34],
    ["alerts.yaml", expressionsIn(alerts), 12],
  ] as const) {
    assert.ok(expressions.length >= least, `${file} has ${expressions.length} expressions`);
    for (const expression of expressions) {
      assert.deepEqual(strangersIn(expression, samples), [], `${file}: ${expression}`);
    }
  }
});
