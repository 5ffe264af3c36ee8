import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ServerProcess } from "../../src/bin/server-process.js";
import { heldWorkers } from "../support/held-workers.js";
import { randomCheckpointPath } from "../support/paths.js";
import { endedWithin, isRunning } from "../support/process-state.js";
import {
  isWorkerReady,
  messageOf,
  oneRowRequest,
  rowsOf,
  startReadyServer,
  startServer,
  TEST_ENVIRONMENT,
  unetCallsMade,
} from "../support/server-process.js";

test("the server answers probes before the model is open, and is ready after", async (t) => {
  const workers = await heldWorkers(t);
  workers.hold("opening");
  const server = await startServer(t, workers.environment);
  const ready = await server.get("/health/ready");
  const health = await server.get("/");
  const early = await server.score(oneRowRequest({ num_inference_steps: 1 }));
  assert.equal(server.process.records.some(isWorkerReady), false, "all of it while the model was opened");
  assert.equal(ready.status, 503);
  assert.deepEqual([health.status, health.text], [200, "Healthy"]);
  assert.equal(early.status, 503);

  workers.letGo("opening");
  await server.process.workerReady();
  assert.equal((await server.get("/health/ready")).status, 200);
});

test("the probes' own port follows readiness to the end, and lets the server end", async (t) => {
  const server = await startServer(t, { SEPERATE_HEALTH_ENDPOINT: "true", HEALTH_PORT: "0" });
  const { url } = await server.process.logged(({ msg }) => msg.startsWith("the probes are answered"));
  const status = async (path: string) => (await fetch(`${url}${path}`)).status;
  await server.process.workerReady();
  assert.deepEqual(
    [await status("/"), await status("/health/ready"), await status("/info")],
    [200, 200, 404],
  );
  server.process.kill("SIGTERM");
  assert.equal((await server.process.exited).code, 0);
  await assert.rejects(status("/"));
});

for (const [what, environment, reason] of [
  ["a setting that makes no sense", { PORT: "many" }, /PORT is "many"; it must be a whole number/],
  ["a model folder that does not exist", { MODEL_DIR: "/no/such/model" }, /\/no\/such\/model/],
  ["an address that is not this machine's", { HOST: "203.0.113.1" }, /203\.0\.113\.1/],
] as const) {
  test(`${what} ends the server with exit code 1 and one line on stderr`, async () => {
    const server = new ServerProcess({ ...TEST_ENVIRONMENT, ...environment });
    const { code, stderr } = await server.exited;
    assert.equal(code, 1);
    assert.match(stderr, /^inpaint-server: [^\n]+$/);
    assert.match(stderr, reason);
  });
}

test("SIGTERM: not ready, the request in hand is answered, exit code 0, no worker left", async (t) => {
  const workers = await heldWorkers(t);
  const server = await startReadyServer(t, workers.environment);
  const workerPid = await server.process.workerReady();
  workers.hold("calls");
  const reply = server.score(oneRowRequest({ num_inference_steps: 20 }));
  await unetCallsMade(server, 1, reply);
  server.process.kill("SIGTERM");
  await server.process.logged(({ msg }) => msg.startsWith("stopping"));
  server.process.kill("SIGTERM"); // a second one changes nothing

  const ready = await server.get("/health/ready");
  const refused = await server.score(oneRowRequest({ num_inference_steps: 1 }));
  assert.equal(ready.status, 503);
  assert.equal(refused.status, 503);
  assert.match(messageOf(refused), /shutting down/);
  workers.letGo("calls");
  assert.equal(rowsOf(await reply).length, 1);
  const { code, signal, stderr } = await server.process.exited;
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
  assert.equal(await isRunning(workerPid), false);
});

/** The processes that a process started and that still run. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return children.split(" ").filter(Boolean).map(Number);
}

/** Tells in the log when the process has a handler for SIGTERM; before it, Node itself ends by the signal. */
const TELL_HANDLER = `process.on("newListener", (name) => {
  if (name === "SIGTERM") setImmediate(() => process.stdout.write('{"msg":"hears SIGTERM"}\\n'));
});`;
const HEARS_SIGTERM = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_HANDLER)}` };

/** The server's modules are loaded in a third of a second or so, and its worker is ready in a second. */
const EARLY_MS = [0, 50, 100, 200, 300, 500];

for (const delayMs of EARLY_MS) {
  test(`SIGTERM ${delayMs} ms after its first line: exit code 0, no worker left`, async () => {
    const server = new ServerProcess({ ...TEST_ENVIRONMENT, ...HEARS_SIGTERM });
    await server.logged(({ msg }) => msg === "hears SIGTERM");
    assert.equal(server.records[0]?.msg, "hears SIGTERM", "the server listens for it before anything else");
    await sleep(delayMs);
    const workers = await childrenOf(server.pid);
    server.kill("SIGTERM");
    const { code, signal, stderr } = await server.exited;
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
    assert.ok(server.records.some(({ msg }) => msg === "stopped"));
    for (const pid of workers) assert.ok(await endedWithin(pid, 60_000), `worker ${pid} still runs`);
  });
}

test("a server whose worker cannot come back answers what it has and ends with exit code 1 and the reason", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "inpaint-model-"));
  await cp(randomCheckpointPath, folder, { recursive: true });
  const workers = await heldWorkers(t);
  const server = await startReadyServer(t, { MODEL_DIR: folder, ...workers.environment });
  workers.hold("calls");
  const running = server.score(oneRowRequest({ num_inference_steps: 50 }));
  await unetCallsMade(server, 1, running);
  const queued = server.score(oneRowRequest({ num_inference_steps: 1 }));
  while ((await server.metric("inpaint_jobs_admitted")) < 2) await sleep(10);
  await rm(folder, { recursive: true });
  process.kill(await server.process.workerReady(), "SIGKILL");
  for (const reply of await Promise.all([running, queued])) {
    assert.equal(reply.status, 500);
    assert.match(messageOf(reply), /^An unexpected error occurred in scoring script/);
  }
  const { code, stderr } = await server.process.exited;
  assert.equal(code, 1);
  assert.equal(stderr, `inpaint-server: ${folder}: there is no such file or folder`);
});

test("Ctrl-C, which every process of the terminal hears: the request in hand is answered, exit code 0", async (t) => {
  const server = await startReadyServer(t);
  const workerPid = await server.process.workerReady();
  const reply = server.score(oneRowRequest({ num_inference_steps: 20 }));
  await unetCallsMade(server, 1, reply);
  for (const pid of [workerPid, server.process.pid]) process.kill(pid, "SIGINT");
  assert.equal(rowsOf(await reply).length, 1);
  const { code, signal, stderr } = await server.process.exited;
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
  assert.equal(server.process.records.filter(isWorkerReady).length, 1, "the worker did not die of it");
  assert.equal(await isRunning(workerPid), false);
});

test("SIGKILL of the server leaves no worker behind, not even one that is computing", async (t) => {
  const server = await startReadyServer(t, { MAX_STEPS: "1000" });
  const workerPid = await server.process.workerReady();
  const reply = server.score(oneRowRequest({ num_inference_steps: 900 }));
  await unetCallsMade(server, 1, reply);
  server.process.kill("SIGKILL");
  await assert.rejects(reply);
  await server.process.exited;
  // A worker that only ended with its job would need minutes.
  assert.ok(await endedWithin(workerPid, 20_000), `worker ${workerPid} still runs`);
});
