/** @file Whether a caller has an API key, where there are any. Knows the keys' hashes and which routes are open. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { BEARER_TOKEN, type OpenRoutes, type Settings } from "../config/settings.js";
import { InpaintError } from "../errors/inpaint-error.js";

const PROBES = [
  "/",
  "/health/live",
  "/health/ready",
  "/health",
  "/ping",
  "/v2/health/live",
  "/v2/health/ready",
];

/** By the setting's words, as the routes are written. */
const OPEN: Readonly<Record<OpenRoutes, ReadonlySet<string>>> = {
  none: new Set(),
  health: new Set(PROBES),
  "health,metrics": new Set([...PROBES, "/metrics"]),
};

/** Whether `route`, as it is written, asks for no key even where there are keys. */
export function isOpenRoute(route: string, { openRoutes }: Pick<Settings, "openRoutes">): boolean {
  return OPEN[openRoutes].has(route);
}

export const UNAUTHORIZED_MESSAGE = "A valid API key is required: Authorization: Bearer <key>.";

/** RFC 6750: one scheme, whose name may be in any case, and one token. */
const BEARER = new RegExp(`^bearer +(${BEARER_TOKEN.source}) *$`, "i");

/** Hashes are of one length, whatever the key's: that it is another one is not told by the time either. */
const hash = (text: string) => createHash("sha256").update(text).digest();

/** Asks before anything else is looked at, so that whoever has no key learns nothing of what is here. */
export function requireApiKey(
  app: FastifyInstance,
  settings: Pick<Settings, "apiKeys" | "openRoutes">,
): void {
  if (settings.apiKeys.length === 0) return;
  const hashes = settings.apiKeys.map(hash);

  function isKnown(token: string): boolean {
    const presented = hash(token);
    // Each is compared, so that the time does not tell which it was.
    return hashes.filter((known) => timingSafeEqual(known, presented)).length > 0;
  }

  app.addHook("onRequest", async (request) => {
    const { url } = request.routeOptions;
    if (url !== undefined && isOpenRoute(url, settings)) return;
    const [, token] = BEARER.exec(request.headers.authorization ?? "") ?? [];
    if (token === undefined || !isKnown(token)) {
      throw new InpaintError("UNAUTHORIZED", UNAUTHORIZED_MESSAGE);
    }
  });
}
