import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { SETTINGS } from "../../src/config/settings.js";
import { startReadyServer } from "../support/server-process.js";

const deployment = new URL("../../../deploy/azureml/deployment.yaml", import.meta.url);
const dockerfile = new URL("../../../Dockerfile", import.meta.url);
const ROUTE = /(\w+)_route:\s+port: (\d+)\s+path: (\S+)/g;

test("the routes that the Azure ML deployment names are the server's own", async (t) => {
  const routes = [...(await readFile(deployment, "utf8")).matchAll(ROUTE)];
  const paths = new Map(routes.map(([, kind = "", , path = ""]) => [kind, path]));
  assert.deepEqual([...paths.keys()].sort(), ["liveness", "readiness", "scoring"]);
  for (const [, , port] of routes) assert.equal(Number(port), SETTINGS.port.fallback);
  assert.match(await readFile(dockerfile, "utf8"), new RegExp(`^EXPOSE ${SETTINGS.port.fallback}$`, "m"));

  const server = await startReadyServer(t);
  assert.equal((await server.get(paths.get("liveness") ?? "")).status, 200);
  assert.equal((await server.get(paths.get("readiness") ?? "")).status, 200);
  const scoring = await fetch(`${server.url}${paths.get("scoring")}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
  assert.equal(scoring.status, 400);
  assert.match(await scoring.text(), /POST body is empty/);
});
