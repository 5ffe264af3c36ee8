/** @file To which hub, as whom, and how patiently: what every request of a pull shares. Sends nothing. */
import { InpaintError } from "../../errors/inpaint-error.js";

export const DEFAULT_HUB = "https://huggingface.co";

export interface RetryPolicy {
  /** Failed attempts in a row that a request, or a file that does not grow, is given. */
  readonly maxFailures: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

/** About a minute without a byte, then the pull gives up; what has arrived stays. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { maxFailures: 10, firstMs: 100, maxMs: 30_000 };

/** A server that sends nothing for so long is taken for gone. */
export const DEFAULT_IDLE_TIMEOUT_MS = 30_000;

export interface HubConnection {
  /** Origin, and a path if the hub lies below one; without a slash at the end. */
  readonly endpoint: string;
  /** Sent to the endpoint's own origin and to no other. */
  readonly token: string | undefined;
  readonly signal: AbortSignal;
  readonly retry: RetryPolicy;
  readonly idleTimeoutMs: number;
}

export interface HubAddress {
  readonly endpoint: string | undefined;
  readonly token: string | undefined;
}

/** Throws INVALID_SETTING; the message names the variable and never shows a token. */
export function checkHubAddress({ endpoint = DEFAULT_HUB, token }: HubAddress): {
  readonly endpoint: string;
  readonly token: string | undefined;
} {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "") {
    throw new InpaintError(
      "INVALID_SETTING",
      "HF_ENDPOINT must be an http or https address, without user name and query, as https://huggingface.co",
    );
  }
  if (token !== undefined && !/^[\x21-\x7e]{1,1000}$/.test(token)) {
    throw new InpaintError("INVALID_SETTING", "HF_TOKEN has characters that no token has");
  }
  return { endpoint: url.href.replace(/\/+$/, ""), token };
}
