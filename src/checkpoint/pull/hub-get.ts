/**
 * @file One GET: redirects followed by hand so that the token stays with the hub, silence bounded, every refusal a
 * sentence. Knows the hub's statuses and headers; knows no path.
 * Reference: the hub's headers as huggingface_hub reads them (utils/_http.py `hf_raise_for_status`).
 */
import { IdleTimeout } from "../../async/idle-timeout.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { HubConnection } from "./hub-connection.js";
import { PassingFault, refuseCancelled } from "./passing-fault.js";

const MAX_REDIRECTS = 5;
const USER_AGENT = "inpaint-server";

export interface HubReply {
  /** 200, 206 or 416. */
  readonly status: number;
  readonly headers: Headers;
  /** The body; ends early with PassingFault or CANCELLED. To be read to its end, or closed. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up what is not read. */
  close(): void;
}

export interface HubRequest {
  /** What is asked for, in messages. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sees the headers of the first answer, the hub's own, before a redirect is followed. May throw. */
  readonly checkFirst?: (headers: Headers) => void;
}

/** Throws PassingFault, PULL_FAILED, CANCELLED, or what `checkFirst` throws. */
export async function hubGet(
  connection: HubConnection,
  address: string,
  { what, headers: requestHeaders = {}, checkFirst }: HubRequest,
): Promise<HubReply> {
  const hubOrigin = new URL(connection.endpoint).origin;
  const idle = new IdleTimeout(connection.idleTimeoutMs);
  const closing = new AbortController();
  const signal = AbortSignal.any([connection.signal, idle.signal, closing.signal]);
  const close = () => {
    idle.stop();
    closing.abort();
  };
  try {
    let url = new URL(address);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const atHub = url.origin === hubOrigin;
      const headers: Record<string, string> = { ...requestHeaders, "user-agent": USER_AGENT };
      if (atHub && connection.token !== undefined) headers.authorization = `Bearer ${connection.token}`;
      const response = await fetch(url, { headers, redirect: "manual", signal });
      idle.signOfLife();
      if (hop === 0 && response.status < 400) checkFirst?.(response.headers);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status === 416) {
        const body = readBody(response, connection, idle);
        return { status: response.status, headers: response.headers, body, close };
      }
      if (response.status >= 400 || location === null) throw await refusal(response, connection, atHub, what);
      await response.body?.cancel();
      url = nextHop(url, location, what);
    }
    throw failed(`${what}: more than ${MAX_REDIRECTS} redirects`);
  } catch (error) {
    close();
    throw explain(error, connection, idle, what);
  }
}

function nextHop(from: URL, location: string, what: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || !/^https?:$/.test(to.protocol)) throw failed(`${what}: a redirect leads nowhere`);
  if (from.protocol === "https:" && to.protocol !== "https:") {
    throw failed(`${what}: a redirect leads from https to ${to.origin}, which is not encrypted`);
  }
  return to;
}

async function* readBody(
  response: Response,
  connection: HubConnection,
  idle: IdleTimeout,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) {
      idle.signOfLife();
      yield chunk;
    }
  } catch (error) {
    throw explain(error, connection, idle, "the connection broke");
  } finally {
    idle.stop();
  }
}

/** An error of fetch in words. The signal that the pull was stopped by comes first. */
function explain(error: unknown, connection: HubConnection, idle: IdleTimeout, what: string): unknown {
  refuseCancelled(connection.signal);
  if (idle.expired) return new PassingFault(`${what}: nothing arrived for ${connection.idleTimeoutMs} ms`);
  if (error instanceof InpaintError || error instanceof PassingFault) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new PassingFault(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`);
}

/** Why a status that is no answer ends the pull, or (PassingFault) only the attempt. */
async function refusal(
  response: Response,
  { endpoint, token }: HubConnection,
  atHub: boolean,
  what: string,
): Promise<Error> {
  const { status } = response;
  const code = response.headers.get("x-error-code");
  await response.body?.cancel();
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  // Behind the hub stands a CDN whose addresses are signed and expire; the next attempt gets a new one.
  if (passing || !atHub) {
    const seconds = Number(response.headers.get("retry-after") ?? 0);
    return new PassingFault(
      `${what}: ${response.url.split("?")[0]} answered ${status}`,
      seconds > 0 ? seconds * 1000 : 0,
    );
  }
  if (code === "GatedRepo" || status === 403) {
    return failed(
      `${what}: access is gated. Accept the terms on the model's page at ${endpoint}, ` +
        `then set HF_TOKEN to a token of that account${token === undefined ? "" : " (the one that is set has no access)"}`,
    );
  }
  if (status === 401) {
    return failed(
      token === undefined
        ? `${what}: there is no such repository at ${endpoint}, or it is private and needs HF_TOKEN`
        : `${what}: there is no such repository at ${endpoint}, or the token in HF_TOKEN may not read it`,
    );
  }
  if (status === 404) {
    if (code === "RevisionNotFound") return failed(`${what}: the repository has no such revision`);
    if (code === "EntryNotFound") return failed(`${what}: the repository has no such file`);
    return failed(`${what}: not found at ${endpoint}`);
  }
  return failed(`${what}: ${endpoint} answered ${status}`);
}

const failed = (message: string) => new InpaintError("PULL_FAILED", message);
