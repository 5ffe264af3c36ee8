/**
 * @file What can go wrong with a request to the fake Content Safety service, by name. Knows HTTP and the shape of a
 * verdict; knows no content.
 */
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

export interface CategoryResult {
  readonly category: string;
  readonly severity: unknown;
}

/** The answer that would have been right. */
export interface RightAnswer {
  readonly categoriesAnalysis: readonly CategoryResult[];
  readonly blocklistsMatch?: readonly object[];
}

type Fault = (response: ServerResponse, right: RightAnswer) => void;
type Headers = Readonly<Record<string, string>>;

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Headers = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
}

/** As the service words its errors. */
export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Headers = {},
): void {
  const error = { code, message: `the fake service says ${code}` };
  sendJson(response, status, { error }, { "x-ms-error-code": code, ...headers });
}

const error =
  (status: number, code: string, headers: () => Headers = () => ({})): Fault =>
  (response) =>
    sendError(response, status, code, headers());

const body =
  (status: number, type: string, text: string): Fault =>
  (response) => {
    response.writeHead(status, { "content-type": type }).end(text);
  };

/** A 200 with the right answer's categories changed. */
const categories =
  (change: (right: readonly CategoryResult[]) => unknown): Fault =>
  (response, right) =>
    sendJson(response, 200, { ...right, categoriesAnalysis: change(right.categoriesAnalysis) });

const severity = (value: unknown) =>
  categories(([first, ...others]) => [{ category: first?.category, severity: value }, ...others]);

const HTML = "<html><body>Bad gateway</body></html>";
const HUGE_BYTES = 5_000_000;
const HUGE_CHUNK = Buffer.alloc(100_000, " ");

/** Never ends by itself. */
function sendWithoutEnd(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  let sent = 0;
  const next = () => {
    if (response.destroyed || sent >= HUGE_BYTES) return;
    sent += HUGE_CHUNK.length;
    response.write(HUGE_CHUNK, () => setImmediate(next));
  };
  next();
}

export const FAULTS = {
  "400": error(400, "InvalidRequestBody"),
  "401": error(401, "401"),
  "403": error(403, "PermissionDenied"),
  "404": error(404, "ResourceNotFound"),
  "408": error(408, "RequestTimeout"),
  "413": error(413, "RequestEntityTooLarge"),
  "429": error(429, "TooManyRequests"),
  "429 in seconds": error(429, "TooManyRequests", () => ({ "retry-after": "5" })),
  "429 at a date": error(429, "TooManyRequests", () => ({
    "retry-after": new Date(Date.now() + 60_000).toUTCString(),
  })),
  "429 in ms": error(429, "TooManyRequests", () => ({ "retry-after-ms": "20" })),
  "429 in an hour": error(429, "TooManyRequests", () => ({ "retry-after": "3600" })),
  "500": error(500, "InternalError"),
  "502 html": body(502, "text/html", HTML),
  "503": error(503, "ServerBusy"),
  "503 in an hour": error(503, "ServerBusy", () => ({ "retry-after": "3600" })),
  "no answer": () => {},
  reset: (response) => response.socket?.resetAndDestroy(),
  "headers then stall": (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "200" }).flushHeaders();
  },
  "gzip then stall": (response, right) => {
    const zipped = gzipSync(JSON.stringify(right));
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.write(zipped.subarray(0, zipped.length - 12));
  },
  "cut body": (response, right) => {
    const text = JSON.stringify(right);
    response.writeHead(200, { "content-type": "application/json", "content-length": String(text.length) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  },
  "broken json": body(200, "application/json", '{"categoriesAnalysis":['),
  "empty object": body(200, "application/json", "{}"),
  "empty body": body(200, "application/json", ""),
  "html 200": body(200, "text/html", HTML),
  "array 200": body(200, "application/json", "[]"),
  "no category": categories((right) => right.slice(1)),
  "category twice": categories((right) => [...right, ...right.slice(0, 1)]),
  "categories no list": categories((right) => Object.fromEntries(right.map((item) => [item.category, item]))),
  "blocklists no list": (response, right) => sendJson(response, 200, { ...right, blocklistsMatch: "none" }),
  "severity absent": severity(undefined),
  "severity null": severity(null),
  "severity 9": severity(9),
  "severity -1": severity(-1),
  "severity text": severity("4"),
  "severity 2.5": severity(2.5),
  "302": (response) => response.writeHead(302, { location: "/elsewhere" }).end(),
  "303": (response) => response.writeHead(303, { location: "/elsewhere" }).end(),
  "307": (response) => response.writeHead(307, { location: "/contentsafety/text:analyze" }).end(),
  "5 MB without end": (response) => sendWithoutEnd(response),
  // These two are answers as they should be.
  "extra category": categories((right) => [...right, { category: "Gambling", severity: 99 }]),
  gzip: (response, right) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(gzipSync(JSON.stringify(right)));
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}
