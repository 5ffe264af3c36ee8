/**
 * @file A URL to the bytes behind it: each hop of a redirect is judged as the first URL was. Knows no request and no
 * image.
 */
import { onAbort } from "../async/abort.js";
import { createDeferred } from "../async/deferred.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { get } from "./get.js";
import type { HostList } from "./host-list.js";
import type { ReachableAddresses } from "./reachable-addresses.js";
import { type ReadBodyOptions, readBody } from "./read-body.js";
import { type Resolver, resolveHost } from "./resolve-host.js";

/** Longer than any signed URL in use; some name a session of two thousand characters. */
export const MAX_URL_CHARS = 8192;
/** A short link, `http` to `https`, and where it has moved to. */
const MAX_REDIRECTS = 3;
const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

export interface FetchRules {
  readonly hosts: HostList;
  readonly allowHttp: boolean;
  readonly reachable: ReachableAddresses;
  readonly resolver: Resolver;
}

export interface FetchUrlOptions extends ReadBodyOptions {
  readonly signal: AbortSignal;
}

function refuse(message: string): never {
  throw new InpaintError("INVALID_INPUT", message);
}

/** Throws InpaintError INVALID_INPUT for a URL that is not fetched, whatever its host's addresses are. */
function checkUrl(url: URL, { hosts, allowHttp }: FetchRules): void {
  if (url.protocol !== "https:" && !(allowHttp && url.protocol === "http:")) {
    refuse(`only ${allowHttp ? "http and https" : "https"} URLs are fetched`);
  }
  if (url.username !== "" || url.password !== "") refuse("a URL with a user name or password is not fetched");
  if (!hosts.includes(url)) refuse("its host is none that images are fetched from");
}

/** Resolving cannot be stopped, but it need not be waited for. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = createDeferred<never>();
  const stopListening = onAbort(signal, () => aborted.reject(new Error("no longer of use")));
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    stopListening();
  }
}

/** Where the answer sends its reader; undefined where it does not, or not to a URL. */
function redirection(location: string | undefined, from: URL): URL | undefined {
  if (location === undefined || location.length > MAX_URL_CHARS || !URL.canParse(location, from.href))
    return undefined;
  return new URL(location, from);
}

async function hop(
  url: URL,
  rules: FetchRules,
  { signal, ...bodyOptions }: FetchUrlOptions,
): Promise<Uint8Array | URL> {
  checkUrl(url, rules);
  const addresses = await orAborted(resolveHost(url.hostname, rules.resolver, rules.reachable), signal);
  const response = await get(url, addresses, signal);
  const { statusCode, headers } = response;
  if (statusCode === 200) return readBody(response, bodyOptions);
  response.destroy();
  const target = REDIRECTS.includes(statusCode) ? redirection(headers.location, url) : undefined;
  return target ?? refuse(`answered ${statusCode}`);
}

/**
 * What `url` holds. Rejects with InpaintError INVALID_INPUT, a sentence without the URL and without a word of the
 * remote's; with what `take` throws; or with Node's error when the network fails or `signal` aborts.
 */
export async function fetchUrl(url: URL, rules: FetchRules, options: FetchUrlOptions): Promise<Uint8Array> {
  let at = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    try {
      const got = await hop(at, rules, options);
      if (!(got instanceof URL)) return got;
      at = got;
    } catch (error) {
      if (redirects === 0 || !(error instanceof InpaintError && error.code === "INVALID_INPUT")) throw error;
      throw new InpaintError("INVALID_INPUT", `redirected: ${error.message}`);
    }
  }
  return refuse(`redirected more than ${MAX_REDIRECTS} times`);
}
