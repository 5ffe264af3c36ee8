/** @file The URL that a request is routed by, where its own cannot be. Knows no route. */

/** No route has it. */
const UNROUTABLE = "/%25";
/** RFC 9112's absolute form, which is for proxies and which servers have to take too. */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/**
 * `url` with a path that can be decoded: the router answers any other one past all hooks, without a key, a log line or a
 * limit on the body. The query is as it was.
 */
export function routableUrl(url: string): string {
  const target = url.replace(ORIGIN, "");
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  const rest = target.slice(path.length);
  if (path === "" && target !== url) return `/${rest}`;
  return path.startsWith("/") && isDecodable(path) ? target : `${UNROUTABLE}${rest}`;
}

function isDecodable(path: string): boolean {
  try {
    decodeURI(path);
    return true;
  } catch {
    return false;
  }
}
