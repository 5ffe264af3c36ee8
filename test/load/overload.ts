/** @file Ten times more requests than a server can serve: everybody gets an answer, and who is admitted gets it in time. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Answer, ask, openLoop, type Visit } from "../support/load-generator.js";
import { memoryOf } from "../support/process-memory.js";
import { startReadyServer, type TestServer } from "../support/server-process.js";
import { smallRequest } from "../support/small-request.js";
import { median, quantile } from "../support/statistics.js";
import type { LoadCounts } from "./counts.js";

const OVERLOAD = 10;
const STEPS = 8;
const TIMEOUT_MS = 4000;
const WARM_UP = 24;
const AT_ONCE = 8;
const MEMORY_EVERY_MS = 500;
const ESTIMATE_ERROR = "inpaint_wait_estimate_error_ratio";

export function testOverload({ overloadSeconds, patienceSeconds, assertsTimes }: LoadCounts): void {
  test(`${OVERLOAD} × overload for ${overloadSeconds} s: every request has its answer`, async (t) => {
    const server = await startReadyServer(t, {
      SCORING_TIMEOUT_MS: String(TIMEOUT_MS),
      // the clients, and the server itself, compute on the other cores
      WORKER_THREADS: "1",
      // all clients send one picture, and are to count as if each had its own
      LATENT_CACHE_BYTES: "0",
    });
    const capacity = await jobsPerSecond(server);
    const before = await server.get("/metrics"); // the event loop's delay is told of the time since
    assert.equal(before.status, 200);
    const memory = await watchMemory(server, t);

    const perSecond = OVERLOAD * capacity;
    const arrived = await openLoop(server, {
      perSecond,
      seconds: overloadSeconds,
      patienceSeconds,
      body: (client) => smallRequest(STEPS, client),
    });
    const loopDelayMs = 1000 * (await server.metric("nodejs_eventloop_lag_p99_seconds"));
    const visits = await Promise.all(arrived);
    const growth = memory();

    const answers = visits.flatMap(({ first, second }) => (second === undefined ? [first] : [first, second]));
    t.diagnostic(`${capacity.toFixed(1)} jobs/s alone; ${arrived.length} clients, ${perSecond.toFixed(0)}/s`);
    const outcome = tellAnswers(t, answers);
    const returned = tellReturns(t, visits);
    const tickMs = await longestTickMs(server);
    const estimate = await tellEstimates(t, server);
    t.diagnostic(
      `longest UNet call at most ${tickMs} ms; event-loop delay p99 ${loopDelayMs.toFixed(1)} ms; memory of server ` +
        `and worker in the last third over that in the second: ${percent(growth.server)}, ${percent(growth.worker)}`,
    );

    for (const { status, message } of answers) {
      const isTimeout = status === 500 && message.startsWith("Scoring timeout");
      assert.ok(status === 200 || status === 429 || isTimeout, `${status}: ${message}`);
    }
    for (const { status, retryAfterSeconds } of answers) {
      if (status === 429) assert.ok(retryAfterSeconds !== undefined && retryAfterSeconds >= 1);
    }
    assert.ok(outcome.done > 0 && outcome.refused > outcome.done, "it was an overload");
    assert.equal(await server.metric("inpaint_jobs_admitted"), 0);
    assert.equal(await server.metric("inpaint_work_admitted_pixels"), 0);
    assert.equal(await server.metric("inpaint_decoded_pixels"), 0);
    assert.equal(estimate.jobs > 0, true, "estimates were compared");
    if (!assertsTimes) return;
    assert.equal(outcome.missed, 0, "admitted requests that missed their deadline");
    assert.ok(outcome.latestMs <= TIMEOUT_MS + tickMs, `an answer came after ${outcome.latestMs} ms`);
    assert.ok(estimate.withinQuarter >= 0.5, `${estimate.withinQuarter} of the estimates within 25 %`);
    assert.ok(returned.admitted >= 0.9, `${returned.admitted} of those who came back were admitted`);
    assert.ok(loopDelayMs < 50, `event-loop delay ${loopDelayMs} ms`);
    assert.ok(growth.server < 0.05 && growth.worker < 0.05, "memory grew");
  });
}

const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

async function jobsPerSecond(server: TestServer): Promise<number> {
  const atOnce = async (jobs: number) => {
    const startMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: jobs }, (_, i) => ask(server, smallRequest(STEPS, i))),
    );
    for (const { status, message } of answers) assert.equal(status, 200, message);
    return performance.now() - startMs;
  };
  await atOnce(AT_ONCE);
  let ms = 0;
  for (let i = 0; i < WARM_UP; i += AT_ONCE) ms += await atOnce(AT_ONCE);
  return (1000 * WARM_UP) / ms;
}

/** What is called at the end tells by what part memory has grown between the second and the last third. */
async function watchMemory({ process }: TestServer, t: TestContext) {
  const pids = { server: process.pid, worker: await process.workerReady() };
  const samples: { readonly server: number; readonly worker: number }[] = [];
  const timer = setInterval(() => {
    samples.push({ server: memoryOf(pids.server, "VmRSS"), worker: memoryOf(pids.worker, "VmRSS") });
  }, MEMORY_EVERY_MS);
  t.after(() => clearInterval(timer));
  return () => {
    clearInterval(timer);
    const third = Math.floor(samples.length / 3);
    const growth = (of: "server" | "worker") => {
      const [second, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)].map((part) =>
        median(part.map((sample) => sample[of])),
      );
      return second === undefined || last === undefined ? Number.NaN : last / second - 1;
    };
    return { server: growth("server"), worker: growth("worker") };
  };
}

function tellAnswers(t: TestContext, answers: readonly Answer[]) {
  const ofStatus = (status: number) => answers.filter((answer) => answer.status === status);
  const [done, refused, missed] = [ofStatus(200), ofStatus(429), ofStatus(500)];
  const ms = (of: readonly Answer[]) => of.map((answer) => answer.ms);
  const latestMs = Math.max(...ms(answers));
  const quantiles = (of: readonly Answer[]) =>
    [0.5, 0.95, 0.99].map((part) => quantile(ms(of), part).toFixed(0)).join("/");
  t.diagnostic(
    `answers: ${done.length} done, ${refused.length} refused, ${missed.length} missed their deadline, ` +
      `${ofStatus(0).length} none; ms p50/p95/p99: done ${quantiles(done)}, refused ${quantiles(refused)}; ` +
      `the slowest ${latestMs.toFixed(0)} ms of ${TIMEOUT_MS}`,
  );
  return { done: done.length, refused: refused.length, missed: missed.length, latestMs };
}

function tellReturns(t: TestContext, visits: readonly Visit[]) {
  const back = visits.flatMap(({ second }) => (second === undefined ? [] : [second]));
  const admitted = back.filter(({ status }) => status !== 429).length / back.length;
  const waits = visits.flatMap(({ first }) => first.retryAfterSeconds ?? []);
  t.diagnostic(
    `Retry-After ${Math.min(...waits)} … ${Math.max(...waits)} s; ${back.length} came back, ` +
      `${percent(admitted)} of them were admitted`,
  );
  return { admitted };
}

async function tellEstimates(t: TestContext, server: TestServer) {
  const jobs = await server.metric(`${ESTIMATE_ERROR}_count`);
  const parts = await Promise.all(
    ["0.1", "0.25", "0.5", "1"].map(
      async (bound) =>
        [bound, (await server.metric(`${ESTIMATE_ERROR}_bucket{le="${bound}"}`)) / jobs] as const,
    ),
  );
  const told = parts.map(([bound, part]) => `${percent(part)} within ${percent(Number(bound))}`).join(", ");
  t.diagnostic(`time until done, as estimated at admission, of ${jobs} jobs: ${told}`);
  return { jobs, withinQuarter: new Map(parts).get("0.25") ?? 0 };
}

/** The bound of the histogram's bucket below which all UNet calls lie. */
async function longestTickMs(server: TestServer): Promise<number> {
  const { text } = await server.get("/metrics");
  const calls = await server.metric('inpaint_run_seconds_count{kind="unet"}');
  const buckets = [...text.matchAll(/^inpaint_run_seconds_bucket\{le="([\d.]+)",kind="unet"\} (\d+)$/gm)].map(
    ([, bound, count]) => ({ boundMs: 1000 * Number(bound), count: Number(count) }),
  );
  return buckets.find(({ count }) => count === calls)?.boundMs ?? Number.NaN;
}
