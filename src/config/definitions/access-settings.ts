/** @file Who may call. Knows no route. */
import type { Setting } from "../setting-kinds.js";

/** Routes that need no API key: none, the probes, or the probes and the metrics. */
export const OPEN_ROUTES = ["none", "health", "health,metrics"] as const;
export type OpenRoutes = (typeof OPEN_ROUTES)[number];

/** What a bearer token may be made of (RFC 6750): a key that is none could never be sent. */
export const BEARER_TOKEN = /[A-Za-z0-9._~+/-]+=*/;

export const ACCESS_SETTINGS = {
  apiKeys: {
    kind: "list",
    env: "API_KEYS",
    allowed: "keys of 16 to 256 letters, digits and `-._~+/`, `=` at the end only",
    pattern: new RegExp(`^(?=.{16,256}$)${BEARER_TOKEN.source}$`),
    maxItems: 2,
    secret: true,
    doc: "Keys that callers send as `Authorization: Bearer <key>`, as to an Azure ML endpoint. Two, so that one can be replaced while the other is in use. None: everybody may call.",
  },
  openRoutes: {
    kind: "choice",
    env: "OPEN_ROUTES",
    fallback: "health",
    choices: OPEN_ROUTES,
    doc: "What needs no key when `API_KEYS` is set. `health` are the probes, which an orchestrator calls without one: `/`, `/health/live`, `/health/ready`, `/health`, `/ping`, `/v2/health/live`, `/v2/health/ready`.",
  },
  corsOrigins: {
    kind: "list",
    env: "AML_CORS_ORIGINS",
    allowed: "`*`, or origins such as `https://a.example`, without a path",
    pattern: /^(?:\*|[a-z][a-z0-9+.-]*:\/\/[^\s/,*@?#]+)$/i,
    maxItems: 100,
    doc: "Origins of web pages whose scripts may call; Azure ML's name. `*` is every origin. None: no page of another origin may.",
  },
} as const satisfies Record<string, Setting>;
