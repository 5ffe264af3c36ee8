/** @file A client on connections that are kept, which sends what it is told to, byte for byte. Knows HTTP; judges nothing. */
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import type { SentRequest } from "./sent-request.js";

/** Whoever waits for so long waits for ever: no request of these tests takes a tenth of it. */
const HANG_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class HttpClient {
  readonly #origin: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Rejects when the connection ends before the answer does, and when no answer comes. */
  send({ path, headers, body, isChunked }: SentRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length = isChunked ? { "transfer-encoding": "chunked" } : { "content-length": body.length };
      const sent = request(
        new URL(path, this.#origin),
        { method: "POST", agent: this.#agent, headers: { ...headers, ...length } },
        async (response) => {
          try {
            const chunks: Buffer[] = [];
            for await (const chunk of response) chunks.push(chunk);
            const whole = Buffer.concat(chunks).toString("utf8");
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole });
          } catch (error) {
            reject(error);
          }
        },
      );
      sent.setTimeout(HANG_MS, () => sent.destroy(new Error(`no answer within ${HANG_MS} ms`)));
      sent.on("error", reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
