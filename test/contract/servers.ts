/** @file The servers that show the contract: real processes, and applications around a recorded engine. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  type FakeContentSafety,
  listenLocally,
  startFakeContentSafety,
} from "../support/fake-content-safety.js";
import { randomCheckpointPath } from "../support/paths.js";
import { startReadyServer, startServer, type TestServer } from "../support/server-process.js";
import type { Endpoint } from "./ask.js";
import { RecordedEngine } from "./recorded-engine.js";
import { IMAGE_FILE } from "./small-rows.js";

export const KEYS = ["primary-key-0123456789", "secondary-key-0123456789"] as const;
export const ORIGINS = ["https://a.example", "https://b.example"] as const;
export const MODEL_FOLDER = "contract-model";
const SAFETY_KEY = "0123456789abcdef0123456789abcdef";

export interface Servers {
  /** As it comes, but for one step where a request names none; its model comes by Azure ML's variable. */
  readonly plain: TestServer;
  readonly strict: Endpoint;
  /** With keys, origins, a port for probes, names of its own, and small bodies. Not necessarily ready. */
  readonly guarded: TestServer;
  /** With Content Safety, and images by URL. */
  readonly screened: TestServer;
  readonly safety: FakeContentSafety;
  /** A web server whose paths are an image each; how often it was asked. */
  readonly images: { readonly url: string; readonly asked: () => number };
  readonly recorded: RecordedEngine;
}

/** What is started ends with `t`. */
export async function startServers(t: TestContext): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), "inpaint-contract-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "swagger.json"), '{"swagger":"2.0","info":{"title":"of a script"}}');
  // As Azure ML mounts a registered model, under a name of its own.
  const mount = join(folder, "azureml-models");
  await cp(randomCheckpointPath, join(mount, MODEL_FOLDER), { recursive: true });

  let asked = 0;
  const imageUrl = await listenLocally(t, (_request, response) => {
    asked++;
    response.writeHead(200, { "content-type": "image/png" }).end(IMAGE_FILE);
  });
  const safety = await startFakeContentSafety(t, { key: SAFETY_KEY });
  // One thread each: there are more servers here than cores.
  const one = { DEFAULT_STEPS: "1", WORKER_THREADS: "1" };
  const [plain, guarded, screened, recorded] = await Promise.all([
    startReadyServer(t, {
      ...one,
      MODEL_DIR: "",
      AZUREML_MODEL_DIR: mount,
      WORKER_TIMEOUT: "1",
      MAX_QUEUED_WORK: "20",
    }),
    startServer(t, {
      ...one,
      API_KEYS: KEYS.join(","),
      AML_CORS_ORIGINS: ORIGINS.join(", "),
      AML_APP_ROOT: folder,
      SEPERATE_HEALTH_ENDPOINT: "true",
      HEALTH_PORT: "0",
      SERVICE_NAME: "Repainting",
      SERVICE_VERSION: "7",
      SERVICE_PATH_PREFIX: "/api/v1",
      SERVER_VERSION_LOG_RESPONSE_ENABLED: "false",
      MAX_BODY_BYTES: "1024",
    }),
    startReadyServer(t, {
      ...one,
      ...safetySettings(safety.url),
      CONTENT_SAFETY_THRESHOLD_SEXUAL: "4",
      IMAGE_URL_HOSTS: new URL(imageUrl).host,
      IMAGE_URL_ALLOW_HTTP: "true",
      IMAGE_URL_PRIVATE_ADDRESSES: "127.0.0.1",
    }),
    RecordedEngine.start(t),
  ]);
  const strict = await recorded.serve(t, { AZUREML_STRICT: "true" });
  return {
    plain,
    strict,
    guarded,
    screened,
    safety,
    recorded,
    images: { url: imageUrl, asked: () => asked },
  };
}

export function safetySettings(url: string, key: string = SAFETY_KEY): Readonly<Record<string, string>> {
  return { CONTENT_SAFETY_ENDPOINT: url, CONTENT_SAFETY_KEY: key };
}
