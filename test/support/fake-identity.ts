/**
 * @file Azure ML's token endpoint for managed identities on a local address, as `MSI_ENDPOINT` and `MSI_SECRET` name it in
 * a deployment: GET with the secret, the resource and a client id; the answer is a token. Knows no service that takes it.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { sendError, sendJson } from "./content-safety-faults.js";
import { listenLocally, type Scope } from "./fake-content-safety.js";

const RESOURCE = "https://cognitiveservices.azure.com";

export interface FakeIdentity {
  readonly url: string;
  readonly secret: string;
  /** Those that are good now. */
  readonly tokens: Set<string>;
  /** The client ids that tokens were asked for; undefined is the machine's own identity. */
  readonly asked: (string | undefined)[];
  /** How it answers from now on. */
  mode: "token" | "500" | "refused" | "silent";
  /** Of tokens given from now on. */
  lifetimeSeconds: number;
  /** Every token given so far is good no more. */
  expireAll(): void;
}

export async function startFakeIdentity(t: Scope): Promise<FakeIdentity> {
  const secret = randomUUID();
  const tokens = new Set<string>();
  const asked: (string | undefined)[] = [];
  const fake: FakeIdentity = {
    get url() {
      return `${url}/msi/token`;
    },
    secret,
    tokens,
    asked,
    mode: "token",
    lifetimeSeconds: 86_400,
    expireAll: () => tokens.clear(),
  };
  const url = await listenLocally(t, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://fake");
    if (request.method !== "GET" || pathname !== "/msi/token") return sendError(response, 404, "NotFound");
    if (request.headers.secret !== secret) return sendError(response, 401, "BadSecret");
    if (searchParams.get("resource") !== RESOURCE || searchParams.get("api-version") !== "2017-09-01") {
      return sendError(response, 400, "BadRequest");
    }
    asked.push(searchParams.get("clientid") ?? undefined);
    if (fake.mode === "500") return sendError(response, 500, "InternalError");
    if (fake.mode === "refused") return sendError(response, 400, "IdentityNotFound");
    if (fake.mode === "silent") await sleep(60_000, undefined, { ref: false });
    const token = randomUUID();
    tokens.add(token);
    sendJson(response, 200, {
      access_token: token,
      expires_on: String(Math.floor(Date.now() / 1000) + fake.lifetimeSeconds),
      resource: RESOURCE,
      token_type: "Bearer",
    });
  });
  return fake;
}
