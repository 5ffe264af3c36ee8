/** @file Section F: whether the server lives and can serve, and what it serves. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { SERVER_VERSION } from "../../src/config/server-version.js";
import { SETTINGS } from "../../src/config/settings.js";
import { unetCallsMade } from "../support/server-process.js";
import { ask, asObject, assertRefused, type Endpoint, objectOf, post, rowsIn, score } from "./ask.js";
import { type ContractTest, contract } from "./contract-test.js";
import { EMPTY, NOT_FOUND } from "./errors.js";
import { serveUnopened } from "./recorded-engine.js";
import { MODEL_FOLDER } from "./servers.js";
import { withParameters } from "./small-rows.js";

const DEPLOYMENT = new URL("../../../deploy/azureml/deployment.yaml", import.meta.url);
const ROUTE = /(\w+)_route:\s+port: (\d+)\s+path: (\S+)/g;
export const NOT_READY = "The model is not ready to serve.";

export async function assertHealthy(endpoint: Endpoint): Promise<void> {
  const reply = await ask(endpoint, "/");
  assert.deepEqual([reply.status, reply.text], [200, "Healthy"]);
  assert.equal(reply.headers.get("content-type"), "text/html; charset=utf-8");
  const head = await ask(endpoint, "/", { method: "HEAD" });
  assert.deepEqual([head.status, head.text, head.headers.get("content-length")], [200, "", "7"]);
}

export const health: readonly ContractTest[] = [
  contract("F1", async ({ plain }, scope) => {
    await assertHealthy(plain);
    await assertHealthy(await serveUnopened(scope));
  }),

  contract("F2", async ({ plain }) => {
    const { text } = await ask(plain, "/");
    assert.equal(text, "Healthy");
    assert.throws(() => JSON.parse(text));
    assert.equal((await ask(plain, "/", { method: "HEAD" })).status, 200);
  }),

  contract("F3", async ({ guarded }) => {
    const { url } = await guarded.process.logged(({ msg }) => msg.startsWith("the probes are answered"));
    assert.ok(typeof url === "string" && url !== guarded.url);
    await assertHealthy({ url });
    assert.equal((await ask({ url }, "/health/live")).status, 200);
    assertRefused(await ask({ url }, "/info"), 404, NOT_FOUND);
    assertRefused(await post({ url }, "/score", "{}"), 404, NOT_FOUND);
    await assertHealthy(guarded);
  }),

  contract("F4", async ({ plain }) => {
    const reply = await ask(plain, "/info");
    assert.equal(reply.status, 200);
    const model = asObject(objectOf(reply).model);
    for (const key of ["name", "architecture", "weights_dtype", "execution_provider"]) {
      assert.ok(typeof model[key] === "string" && model[key] !== "", key);
    }
  }),

  contract("F5", async ({ plain }) => {
    for (const path of ["/ping", "/health"]) {
      const { status, text, headers } = await ask(plain, path);
      assert.deepEqual([status, text, headers.get("content-type")], [200, "\n", "application/json"]);
    }
    const version = await ask(plain, "/version");
    assert.deepEqual([version.status, version.text], [200, SERVER_VERSION]);
    assert.match(String(version.headers.get("content-type")), /^text\/plain/);
  }),

  contract("F6", async ({ plain }) => {
    const routes = [...(await readFile(DEPLOYMENT, "utf8")).matchAll(ROUTE)];
    const paths = new Map(routes.map(([, kind = "", , path = ""]) => [kind, path]));
    assert.deepEqual([...paths.keys()].sort(), ["liveness", "readiness", "scoring"]);
    for (const [, , port] of routes) assert.equal(Number(port), SETTINGS.port.fallback);
    assert.equal((await ask(plain, paths.get("liveness") ?? "")).status, 200);
    assert.equal((await ask(plain, paths.get("readiness") ?? "")).status, 200);
    assertRefused(await post(plain, paths.get("scoring") ?? "", ""), 400, EMPTY);
  }),

  contract("F7", async ({ plain }, scope) => {
    const app = await serveUnopened(scope);
    const paths = ["/health/ready", "/ping", "/info"];
    for (const path of paths) assertRefused(await ask(app, path), 503, NOT_READY);
    await app.open();
    for (const path of paths) assert.equal((await ask(app, path)).status, 200, path);
    const model = asObject(objectOf(await ask(plain, "/info")).model);
    assert.equal(model.name, MODEL_FOLDER, "found below AZUREML_MODEL_DIR");
  }),

  contract("F8", async ({ plain }) => {
    const calls = await plain.metric("inpaint_unet_calls_total");
    let over = false;
    const reply = score(plain, withParameters({ num_inference_steps: 20, height: 256, width: 256 })).finally(
      () => {
        over = true;
      },
    );
    await unetCallsMade(plain, calls + 1, reply);
    for (const path of ["/", "/health/live", "/health/ready"]) {
      assert.equal((await ask(plain, path)).status, 200, path);
    }
    assert.equal(over, false, "the job was under way");
    rowsIn(await reply);
  }),
];
