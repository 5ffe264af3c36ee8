/**
 * @file Azure AI Content Safety, one attempt at a time, by its own client. Knows the wire; knows neither retries nor
 * thresholds. Nothing that the client returns or throws leaves this file: it carries the key and the whole request.
 */
import createClient, { type ContentSafetyClient } from "@azure-rest/ai-content-safety";
import { onAbort } from "../async/abort.js";
import { untilAborted } from "../async/until-aborted.js";
import type { Connection } from "./connection.js";
import { readAnalysis } from "./read-analysis.js";
import { failureOfError, failureOfStatus, ServiceFailure } from "./service-failure.js";
import { type Analysis, HARM_CATEGORIES } from "./verdict.js";

/** The client's own default is a version that Microsoft no longer supports. */
const API_VERSION = "2024-09-01";

/** A verdict is a few hundred bytes; a text with many hits of blocklists somewhat more. */
const MAX_ANSWER_BYTES = 1_048_576;

export interface AttemptOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** The service's log names the request by it, and so does ours. */
  readonly requestId: string;
}

export interface ServiceClientOptions {
  readonly blocklists: readonly string[];
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
}

/** What is read of the client's result; the rest of it must not be touched. */
interface Result {
  readonly status: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: NodeJS.ReadableStream | undefined;
}

/** What the client is told of every attempt. */
interface RequestOptions {
  readonly contentType: "application/json";
  readonly headers: Readonly<Record<string, string>>;
  readonly abortSignal: AbortSignal;
}

export class ServiceClient {
  readonly #client: ContentSafetyClient;
  readonly #blocklists: readonly string[];

  constructor(
    { endpoint, credential, insecure, direct }: Connection,
    { blocklists, ca }: ServiceClientOptions,
  ) {
    this.#blocklists = blocklists;
    this.#client = createClient(endpoint, credential ?? { key: "" }, {
      apiVersion: API_VERSION,
      allowInsecureConnection: insecure,
      // Retries are ours: the client's wait as long as a server asks them to, and never end a stalled answer.
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
      userAgentOptions: { userAgentPrefix: "inpaint-server" },
      ...(ca === undefined ? {} : { tlsOptions: { ca } }),
    });
    if (direct) this.#client.pipeline.removePolicy({ name: "proxyPolicy" });
    if (credential === undefined) {
      this.#client.pipeline.removePolicy({ name: "keyCredentialAuthenticationPolicy" });
    }
  }

  /** At most 10 000 code points. Rejects with ServiceFailure, or with the signal's reason. */
  analyzeText(text: string, options: AttemptOptions): Promise<Analysis> {
    const body = {
      text,
      categories: [...HARM_CATEGORIES],
      // As the published scripts ask: 0, 2, 4 or 6.
      outputType: "FourSeverityLevels",
      ...(this.#blocklists.length === 0
        ? {}
        : { blocklistNames: [...this.#blocklists], haltOnBlocklistHit: false }),
    };
    return attempt(
      (request) =>
        this.#client
          .path("/text:analyze")
          .post({ body, ...request })
          .asNodeStream(),
      options,
    );
  }

  /** An image file within the service's limits. Rejects with ServiceFailure, or with the signal's reason. */
  analyzeImage(file: Uint8Array, options: AttemptOptions): Promise<Analysis> {
    const content = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString("base64");
    const body = { image: { content }, categories: [...HARM_CATEGORIES], outputType: "FourSeverityLevels" };
    return attempt(
      (request) =>
        this.#client
          .path("/image:analyze")
          .post({ body, ...request })
          .asNodeStream(),
      options,
    );
  }
}

/**
 * One request, ended by the signal, the timeout or an answer without end. The client's own timer stops when an answer
 * begins, and it buffers whatever follows: here the body is read in pieces, and waited for no longer than for the head.
 */
async function attempt(
  send: (request: RequestOptions) => Promise<Result>,
  { signal, timeoutMs, requestId }: AttemptOptions,
): Promise<Analysis> {
  const ended = new AbortController();
  const stopListening = onAbort(signal, () => ended.abort(signal.reason));
  const timer = setTimeout(
    () => ended.abort(new ServiceFailure("unavailable", `did not answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    ended.signal.throwIfAborted();
    const request: RequestOptions = {
      contentType: "application/json",
      headers: { "x-ms-client-request-id": requestId },
      abortSignal: ended.signal,
    };
    return await untilAborted(send(request).then(analysisOf), ended.signal);
  } catch (error) {
    if (ended.signal.aborted) throw ended.signal.reason;
    const failure = failureOfError(error);
    // What is left of the answer is not waited for.
    ended.abort(failure);
    throw failure;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

async function analysisOf({ status, headers, body }: Result): Promise<Analysis> {
  if (status !== "200") throw failureOfStatus({ status: Number(status), headers });
  const analysis = body === undefined ? undefined : readAnalysis(parseJson(await readText(body)));
  if (analysis === undefined) {
    throw new ServiceFailure("malformed", "sent an answer that is no verdict", { status: 200 });
  }
  return analysis;
}

async function readText(body: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const piece = Buffer.from(chunk);
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new ServiceFailure("malformed", `sent an answer of over ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(piece);
  }
  return Buffer.concat(chunks).toString();
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
