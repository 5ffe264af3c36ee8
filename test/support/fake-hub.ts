/**
 * @file A model hub and its CDN on two local addresses, to be pulled from: the hub's listing, redirects, headers and
 * ranges, and the faults that networks and servers have. Counts every byte of content that it sends.
 * Reference: what the hub answers to huggingface_hub (file_download.py) and to @huggingface/hub.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const CDN_HOST = "127.0.0.2";
const CHUNK_BYTES = 8192;
const POLL_MS = 5;

/** What goes wrong with one file. */
export interface Faults {
  /** The connection breaks when the body gets to these bytes of the file, each once. */
  cuts?: number[];
  /** Sent instead of the content; the listing and the headers promise the content. */
  body?: Uint8Array;
  /** No content-length, as some proxies have it. */
  chunked?: boolean;
  /** Range is not understood: 200 and all of it. */
  ignoreRange?: boolean;
  /** So many requests with a range are answered 416. */
  refuseRange?: number;
  /** So many requests to the CDN are answered with this status. */
  status?: { code: number; times: number };
  /** ETags of one answer after the other. */
  etags?: string[];
  /** Stays silent at this byte. */
  stallAt?: number;
}

export interface FakeHubOptions {
  readonly repo: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Needed for every content. Without it the hub answers as for a gated model. */
  readonly token?: string;
  /** Added to what the listing says of a file, or instead of it. */
  readonly listed?: (entry: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  readonly pageSize?: number;
  /** Where the second page of the listing is said to be. */
  readonly nextPage?: string;
}

export interface SeenRequest {
  readonly host: "hub" | "cdn";
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
}

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
export const gitSha1 = (bytes: Uint8Array) =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

/** As the hub decides it: by the file's name. */
const isLfs = (path: string) => /\.(safetensors|bin|ckpt)$/.test(path);

export class FakeHub {
  readonly faults = new Map<string, Faults>();
  readonly requests: SeenRequest[] = [];
  /** The client's folder: a connection breaks once all that was sent on it lies there, however slow the client is. */
  keptIn: string | undefined;
  readonly #options: FakeHubOptions;
  readonly #hub: Server;
  readonly #cdn: Server;
  #bytesServed = 0;
  #pausedAt = Number.POSITIVE_INFINITY;
  /** How much of each file was sent last. */
  readonly #positions = new Map<string, number>();
  #waiters: { readonly bytes: number; readonly resolve: () => void }[] = [];

  private constructor(options: FakeHubOptions) {
    this.#options = options;
    const handle = (host: "hub" | "cdn") => (request: IncomingMessage, response: ServerResponse) => {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
      const { range, authorization } = request.headers;
      const ifRange = request.headers["if-range"];
      this.requests.push({ host, path, range, ifRange: ifRange?.toString(), authorization });
      const answered =
        host === "hub" ? this.#answerHub(request, response) : this.#answerCdn(request, response);
      answered.catch(() => response.destroy());
    };
    this.#hub = createServer(handle("hub"));
    this.#cdn = createServer(handle("cdn"));
  }

  static async start(t: TestContext, options: FakeHubOptions): Promise<FakeHub> {
    const fake = new FakeHub(options);
    for (const [server, host] of [
      [fake.#hub, "127.0.0.1"],
      [fake.#cdn, CDN_HOST],
    ] as const) {
      await new Promise<void>((resolve) => server.listen(0, host, resolve));
      t.after(() => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      });
    }
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#hub)}`;
  }

  get cdnUrl(): string {
    return `http://${CDN_HOST}:${portOf(this.#cdn)}`;
  }

  /** Bytes of files' bodies, of all requests together. */
  get bytesServed(): number {
    return this.#bytesServed;
  }

  /** Fulfilled once so many bytes of bodies have been sent. */
  served(bytes: number): Promise<void> {
    if (this.#bytesServed >= bytes) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ bytes, resolve }));
  }

  /** No more than a chunk beyond so many bytes of bodies is sent until `goOn`. */
  pauseAt(bytes: number): void {
    this.#pausedAt = bytes;
  }

  /** Fulfilled once the pause has come, and all that was sent lies in the client's folder. */
  async paused(): Promise<void> {
    await this.served(this.#pausedAt);
    for (const [path, position] of this.#positions) {
      while ((await this.#keptOf(path)) < position) await sleep(POLL_MS);
    }
  }

  goOn(): void {
    this.#pausedAt = Number.POSITIVE_INFINITY;
  }

  async #answerHub(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { repo, files, token } = this.#options;
    const url = new URL(request.url ?? "/", this.url);
    const path = decodeURIComponent(url.pathname);
    const [, revision, rest = ""] =
      path.startsWith(`/${repo}/resolve/`) || path.startsWith(`/api/resolve-cache/models/${repo}/`)
        ? (/\/(?:resolve|resolve-cache\/models\/[^/]+\/[^/]+)\/([0-9a-f]{40}|[^/]+)\/(.+)$/.exec(path) ?? [])
        : [];
    if (path === `/api/models/${repo}/revision/main` || path === `/api/models/${repo}/revision/${COMMIT}`) {
      return sendJson(response, {
        _id: "1",
        id: repo,
        sha: COMMIT,
        private: false,
        gated: token !== undefined,
      });
    }
    if (path.startsWith(`/api/models/${repo}/revision/`)) return refuse(response, 404, "RevisionNotFound");
    if (path === `/api/models/${repo}/tree/${COMMIT}`) return this.#sendListing(url, response);
    const content = files.get(rest);
    if (revision !== COMMIT) return refuse(response, 401, "RepoNotFound");
    if (content === undefined) return refuse(response, 404, "EntryNotFound");
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      return refuse(response, request.headers.authorization === undefined ? 401 : 403, "GatedRepo");
    }
    response.setHeader("x-repo-commit", COMMIT);
    if (isLfs(rest)) {
      response.setHeader("x-linked-etag", `"${sha256(content)}"`);
      response.setHeader("x-linked-size", content.length);
      response.setHeader("location", `${this.cdnUrl}/repos/${rest}?Signature=abc`);
      response.writeHead(302).end("Found. Redirecting");
    } else if (path.includes("/resolve/")) {
      response.setHeader(
        "location",
        `/api/resolve-cache/models/${repo}/${COMMIT}/${rest.split("/").map(encodeURIComponent).join("/")}`,
      );
      response.writeHead(307).end("Temporary Redirect");
    } else await this.#sendContent(rest, content, `"${gitSha1(content)}"`, request, response);
  }

  async #answerCdn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", this.cdnUrl).pathname).replace("/repos/", "");
    const content = this.#options.files.get(path);
    if (content === undefined) return refuse(response, 404, undefined);
    const status = this.faults.get(path)?.status;
    if (status !== undefined && status.times-- > 0) return refuse(response, status.code, undefined);
    await this.#sendContent(path, content, `"${sha256(content).slice(0, 32)}"`, request, response);
  }

  #sendListing(url: URL, response: ServerResponse): void {
    const { files, listed = (entry) => entry, pageSize = 5, nextPage } = this.#options;
    const entries = [...files].map(([path, bytes]) => {
      const size = bytes.length;
      const lfs = isLfs(path) ? { lfs: { oid: sha256(bytes), size, pointerSize: 134 } } : {};
      return listed({ type: "file", oid: gitSha1(bytes), size, path, ...lfs });
    });
    const folders = new Set([...files.keys()].flatMap((path) => path.split("/").slice(0, -1)));
    const all = [
      ...[...folders].map((path) => ({ type: "directory", oid: COMMIT, size: 0, path })),
      ...entries,
    ];
    const from = Number(url.searchParams.get("cursor") ?? 0);
    if (from + pageSize < all.length) {
      url.searchParams.set("cursor", String(from + pageSize));
      response.setHeader("link", `<${nextPage ?? url.href}>; rel="next"`);
    }
    sendJson(response, all.slice(from, from + pageSize));
  }

  async #sendContent(
    path: string,
    content: Uint8Array,
    usualEtag: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const faults = this.faults.get(path) ?? {};
    const body = faults.body ?? content;
    const etag = faults.etags?.shift() ?? usualEtag;
    const { range } = request.headers;
    if (range !== undefined && (faults.refuseRange ?? 0) > 0) {
      faults.refuseRange = (faults.refuseRange ?? 0) - 1;
      response.setHeader("content-range", `bytes */${content.length}`);
      return refuse(response, 416, undefined);
    }
    const asked = faults.ignoreRange === true ? null : /^bytes=(\d+)-$/.exec(range ?? "");
    const ifRange = request.headers["if-range"];
    const from = asked !== null && (ifRange === undefined || ifRange === etag) ? Number(asked[1]) : 0;
    response.setHeader("etag", etag);
    if (from > 0)
      response.setHeader("content-range", `bytes ${from}-${content.length - 1}/${content.length}`);
    if (faults.chunked !== true) response.setHeader("content-length", body.length - from);
    response.writeHead(from > 0 ? 206 : 200);
    for (let at = from; at < body.length; ) {
      while (this.#bytesServed >= this.#pausedAt && !response.destroyed) await sleep(POLL_MS);
      const [cut = body.length] = faults.cuts ?? [];
      const end = Math.min(at + CHUNK_BYTES, body.length, Math.max(at, Math.min(cut, faults.stallAt ?? cut)));
      await new Promise<void>((resolve, reject) =>
        response.write(body.subarray(at, end), (error) => (error ? reject(error) : resolve())),
      );
      this.#positions.set(path, end);
      this.#count(end - at);
      at = end;
      if (at === faults.stallAt) return;
      if (at >= cut && at < body.length) {
        faults.cuts?.shift();
        while ((await this.#keptOf(path)) < at && !response.destroyed) await sleep(POLL_MS);
        response.destroy();
        return;
      }
      // About as fast as the client reads, so that little is under way when a connection breaks.
      await sleep(1);
    }
    response.end();
  }

  async #keptOf(path: string): Promise<number> {
    if (this.keptIn === undefined) return Number.POSITIVE_INFINITY;
    const file = join(this.keptIn, path);
    const stats = await Promise.all([file, `${file}.incomplete`].map((name) => stat(name).catch(() => {})));
    return Math.max(...stats.map((known) => known?.size ?? 0));
  }

  #count(bytes: number): void {
    this.#bytesServed += bytes;
    for (const waiter of this.#waiters) if (waiter.bytes <= this.#bytesServed) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.bytes > this.#bytesServed);
  }
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string | undefined): void {
  if (code !== undefined) response.setHeader("x-error-code", code);
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify({ error: "refused" }));
}
