/**
 * @file One GET to addresses that are known already. Knows nothing of redirects, of what may be asked for, or of images.
 *
 * Each request has a connection of its own that ends with it, and no agent of the process: nothing is kept between
 * requests, and no proxy of the environment is used, which would resolve the name again by itself.
 */
import type { LookupAddress } from "node:dns";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { urlToHttpOptions } from "node:url";

/** Nothing here depends on the caller's request. */
const HEADERS = { accept: "image/*", "accept-encoding": "identity", "user-agent": "inpaint-server" };

/** Answers with `addresses`, whatever is asked for. */
function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

/** The answer's head; its body is still to be read. Rejects with the system's error, or once `signal` aborts. */
export function get(
  url: URL,
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    ...urlToHttpOptions(url),
    agent: false,
    headers: HEADERS,
    lookup: pinned(addresses),
    signal,
  };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === "https:"
        ? // Said, because a variable of Node's own would otherwise turn it off for the whole process.
          httpsRequest({ ...options, rejectUnauthorized: true })
        : httpRequest(options);
    request.on("response", resolve);
    // Without an error where the host changes the protocol (101); after the answer's head it says nothing new.
    request.on("close", () =>
      reject(Object.assign(new Error("closed without an answer"), { code: "ECONNRESET" })),
    );
    request.on("error", reject); // after the answer's head the body's reader hears of it too
    request.end();
  });
}
