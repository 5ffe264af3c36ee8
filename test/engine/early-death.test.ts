import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { randomCheckpointPath } from "../support/paths.js";
import { sampleJob } from "../support/sample.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { createTestEngine, metricValue, patient, runJobOn } from "../support/test-engine.js";

/** Workers started from now on run `code` before anything of ours, as NODE_OPTIONS of the server would make them. */
function preloadIntoWorkers(code: string): void {
  process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(code)}`;
}
const DIES = 'process.stderr.write("out of luck\\n"); process.exit(7);';

test("a worker that dies before it was ever ready is started three times, no more", async (t) => {
  t.after(() => delete process.env.NODE_OPTIONS);
  preloadIntoWorkers(DIES);
  const { engine, metrics, log } = createTestEngine(t);
  await assert.rejects(engine.start(), {
    name: "InpaintError",
    code: "WORKER_LOST",
    message: /exit code 7.*last words: out of luck/,
  });
  assert.equal(await metricValue(metrics.workerRestarts), 2);
  assert.equal(log.lines("out of luck").length, 3, "what a worker writes to stderr is in the log");
  assert.equal(engine.ready, false);
});

test("a worker that cannot read its checkpoint comes back when it can again", async (t) => {
  const modelDir = await temporaryFolder(t);
  await cp(randomCheckpointPath, modelDir, { recursive: true });
  const { engine, log, workerPid } = createTestEngine(t, { modelDir });
  await engine.start();
  const config = join(modelDir, "unet", "config.json");
  renameSync(config, `${config}.away`);
  process.kill(await workerPid(), "SIGKILL");
  const early = await log.logged("worker lost, another one will be started", 2);
  renameSync(`${config}.away`, config);
  assert.match(JSON.stringify(early.err), /INVALID_CHECKPOINT/);
  await workerPid(2);
  assert.equal((await runJobOn(engine, sampleJob(), patient)).image.width, 512);
});

test("an engine whose worker cannot come back says so, and leaves no job without an answer", async (t) => {
  t.after(() => delete process.env.NODE_OPTIONS);
  const { engine, givenUp, metrics, unetCalls, workerPid } = createTestEngine(t);
  await engine.start();
  const running = runJobOn(engine, sampleJob({ numInferenceSteps: 50 }), patient);
  const waiting = runJobOn(engine, sampleJob(), patient);
  await unetCalls.reached(1);
  preloadIntoWorkers(DIES);
  process.kill(await workerPid(), "SIGKILL");
  await Promise.all([
    assert.rejects(running, { code: "WORKER_LOST", message: /exit code 7/ }),
    assert.rejects(waiting, { code: "WORKER_LOST", message: /exit code 7/ }),
  ]);
  assert.match((await givenUp).message, /exit code 7/);
  assert.equal(engine.ready, false);
  assert.equal(await metricValue(metrics.workersReady), 0);
  assert.equal(await metricValue(metrics.workerRestarts), 3, "the wait after a loss, and two more tries");
});
