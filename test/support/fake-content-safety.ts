/**
 * @file Azure AI Content Safety on a local address, for the real client: it checks each request as strictly as the
 * service's documents allow, finds what the content holds, fails as it is told to, and counts. A text that contains
 * `[[fault NAME]]` fails so too, for whoever reaches the fake only through a server.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { text as readAll } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import {
  FAULTS,
  type FaultName,
  isFaultName,
  type RightAnswer,
  sendError,
  sendJson,
} from "./content-safety-faults.js";
import { BadRequest, readImageRequest, readTextRequest } from "./content-safety-request.js";
import {
  type Category,
  type Severities,
  severitiesOfImage,
  severitiesOfText,
} from "./content-safety-verdicts.js";
import { fixturePath } from "./paths.js";

export type ContentKind = "text" | "image";

export interface FakeContentSafetyOptions {
  /** Requests need it; without key and tokens, none is needed. */
  readonly key?: string;
  /** Bearer tokens that are accepted; a live set. */
  readonly tokens?: ReadonlySet<string>;
  /** Over TLS, by the certificate of test/fixtures/tls. */
  readonly tls?: boolean;
  /** Name → terms, found as parts of a text in any case. */
  readonly blocklists?: ReadonlyMap<string, readonly string[]>;
  /** Requests in a second; what is more is a 429 with Retry-After. */
  readonly requestsPerSecond?: number;
  /** How it fails with a picture of that size, for whoever reaches the fake only through a server. */
  readonly faultOfImage?: (width: number, height: number) => FaultName | undefined;
}

export interface SeenRequest {
  readonly kind: ContentKind;
  readonly headers: IncomingMessage["headers"];
  /** sha256 of the text, or of the image file. */
  readonly hash: string;
  /** Bytes of an image file, characters of a text. */
  readonly size: number;
}

interface Analyzed {
  readonly right: RightAnswer;
  readonly content: string | Buffer;
  /** The fault that the content itself asks for. */
  readonly named: FaultName | undefined;
}

interface Plan {
  readonly fault: FaultName;
  readonly kind: ContentKind | undefined;
  left: number;
}

/** Whose end ends a server: a test, or a file by the `after` of node:test. */
export interface Scope {
  after(end: () => Promise<unknown>): void;
}

export const TEST_CERTIFICATE_PATH = fixturePath("tls/certificate.pem");

/** PEM of the certificate that signs itself. */
export const testCertificate = () => readFile(TEST_CERTIFICATE_PATH, "utf8");

/** A server with `handle` on 127.0.0.1 until the test ends; its URL. */
export async function listenLocally(t: Scope, handle: RequestListener, tls = false): Promise<string> {
  const server: Server = tls
    ? createTlsServer(
        { key: await readFile(fixturePath("tls/key.pem")), cert: await testCertificate() },
        handle,
      )
    : createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake has no port");
  return `${tls ? "https" : "http"}://127.0.0.1:${address.port}`;
}

/** The URL of a port of this machine that refuses connections. */
export async function closedPortUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return `http://127.0.0.1:${address.port}`;
}

export class FakeContentSafety {
  /** Of well-formed requests with a right key or token, in the order of their arrival. */
  readonly requests: SeenRequest[] = [];
  /** Requests by route, also those that were refused or failed. */
  readonly counts = { text: 0, image: 0, other: 0 };
  /** Of requests that were refused with 400 because of their own body: the server under test is wrong. */
  readonly refusals: string[] = [];
  #url = "";
  #delayMs = 0;
  #plans: Plan[] = [];
  #inFlight = 0;
  #maxInFlight = 0;
  #aborted = 0;
  #recent: number[] = [];
  readonly #options: FakeContentSafetyOptions;

  constructor(options: FakeContentSafetyOptions) {
    this.#options = options;
  }

  async listen(t: Scope): Promise<this> {
    const handle = (request: IncomingMessage, response: ServerResponse) => {
      this.#handle(request, response).catch(() => response.destroy());
    };
    this.#url = await listenLocally(t, handle, this.#options.tls);
    return this;
  }

  get url(): string {
    return this.#url;
  }

  /** Text and image requests, answered or not. */
  get total(): number {
    return this.counts.text + this.counts.image;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get maxInFlight(): number {
    return this.#maxInFlight;
  }

  /** Connections that the client closed before it had its answer. */
  get aborted(): number {
    return this.#aborted;
  }

  /** The next `times` requests, of that kind where one is named, fail so. */
  fail(fault: FaultName, times = 1, kind?: ContentKind): void {
    this.#plans.push({ fault, kind, left: times });
  }

  /** What was planned and has not happened does not happen. */
  recover(): void {
    this.#plans = [];
  }

  /** Every answer comes so much later. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const kind = /^\/contentsafety\/(text|image):analyze$/.exec(url.pathname)?.[1];
    if (kind !== "text" && kind !== "image") {
      this.counts.other += 1;
      return sendError(response, 404, "ResourceNotFound");
    }
    this.counts[kind] += 1;
    this.#inFlight += 1;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
    response.on("close", () => {
      this.#inFlight -= 1;
      if (!response.writableFinished) this.#aborted += 1;
    });
    await this.#answer(kind, url, request, response);
  }

  async #answer(
    kind: ContentKind,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readAll(request);
    if (request.method !== "POST") return sendError(response, 405, "MethodNotAllowed");
    if (url.searchParams.get("api-version") !== "2024-09-01") {
      return sendError(response, 404, "UnsupportedApiVersion");
    }
    if (!/^application\/json(;|$)/.test(request.headers["content-type"] ?? "")) {
      return sendError(response, 415, "UnsupportedMediaType");
    }
    if (!this.#knows(request)) return sendError(response, 401, "401");
    const wait = this.#overRate();
    if (wait !== undefined) return sendError(response, 429, "TooManyRequests", { "retry-after": wait });
    try {
      const { right, content, named } =
        kind === "text" ? this.#analyzeText(body) : await this.#analyzeImage(body);
      const hash = createHash("sha256").update(content).digest("hex");
      this.requests.push({ kind, headers: request.headers, hash, size: content.length });
      if (this.#delayMs > 0) await sleep(this.#delayMs);
      const fault = named ?? this.#nextPlanned(kind);
      if (fault === undefined) sendJson(response, 200, right);
      else FAULTS[fault](response, right);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.refusals.push(error.message);
      sendError(response, 400, "InvalidRequestBody");
    }
  }

  #analyzeText(body: string): Analyzed {
    const { blocklists: lists = new Map<string, readonly string[]>() } = this.#options;
    const { text, categories, blocklists } = readTextRequest(body, lists);
    const blocklistsMatch = blocklists.flatMap((blocklistName) =>
      (lists.get(blocklistName) ?? [])
        .filter((term) => text.toLowerCase().includes(term.toLowerCase()))
        .map((term) => ({ blocklistName, blocklistItemId: term, blocklistItemText: term })),
    );
    const right = { categoriesAnalysis: listed(severitiesOfText(text), categories), blocklistsMatch };
    return { right, content: text, named: faultIn(text) };
  }

  async #analyzeImage(body: string): Promise<Analyzed> {
    const { file, width, height, categories } = await readImageRequest(body);
    return {
      right: { categoriesAnalysis: listed(await severitiesOfImage(file), categories) },
      content: file,
      named: this.#options.faultOfImage?.(width, height),
    };
  }

  #knows({ headers }: IncomingMessage): boolean {
    const { key, tokens } = this.#options;
    if (key === undefined && tokens === undefined) return true;
    if (key !== undefined && headers["ocp-apim-subscription-key"] === key) return true;
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    return token !== undefined && tokens?.has(token) === true;
  }

  /** Seconds to wait, for what is over the rate. */
  #overRate(): string | undefined {
    const { requestsPerSecond = Number.POSITIVE_INFINITY } = this.#options;
    const now = Date.now();
    this.#recent = this.#recent.filter((time) => time > now - 1000);
    if (this.#recent.length >= requestsPerSecond) return "1";
    this.#recent.push(now);
    return undefined;
  }

  #nextPlanned(kind: ContentKind): FaultName | undefined {
    const plan = this.#plans.find(({ kind: only, left }) => left > 0 && (only ?? kind) === kind);
    if (plan === undefined) return undefined;
    plan.left -= 1;
    return plan.fault;
  }
}

function faultIn(text: string): FaultName | undefined {
  const name = /\[\[fault ([^\]]+)\]\]/.exec(text)?.[1];
  if (name !== undefined && !isFaultName(name)) throw new Error(`no fault is called ${name}`);
  return name;
}

function listed(severities: Severities, categories: readonly Category[]) {
  return categories.map((category) => ({ category, severity: severities[category] }));
}

/** The fake, until the test ends. */
export function startFakeContentSafety(
  t: Scope,
  options: FakeContentSafetyOptions = {},
): Promise<FakeContentSafety> {
  return new FakeContentSafety(options).listen(t);
}
