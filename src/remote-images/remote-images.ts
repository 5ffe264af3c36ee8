/**
 * @file Images that requests name by URL: fetched within the operator's limits, and only from where he allows. Knows
 * requests by what they hold; knows no image format.
 */
import { Semaphore } from "../async/semaphore.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { failureReason } from "./failure-reason.js";
import { type FetchRules, fetchUrl, MAX_URL_CHARS } from "./fetch-url.js";
import { type ByteHold, FetchedBytes } from "./fetched-bytes.js";
import { HostList } from "./host-list.js";
import { ReachableAddresses } from "./reachable-addresses.js";
import { type Resolver, systemResolver } from "./resolve-host.js";

/** The settings of the same names. */
export interface RemoteImagesOptions {
  readonly imageUrlHosts: readonly string[];
  readonly imageUrlAllowHttp: boolean;
  readonly imageUrlPrivateAddresses: readonly string[];
  readonly imageUrlTimeoutMs: number;
  readonly imageUrlMaxBytes: number;
  readonly imageUrlMaxHeldBytes: number;
  readonly imageUrlConcurrency: number;
  /** Most bytes of all images of one request: fetched or sent, a request is no larger. */
  readonly maxBodyBytes: number;
}

/** Of one request. */
export interface RequestImages {
  /**
   * What `url` holds. Rejects with InpaintError INVALID_INPUT, which names the URL by its host alone (the rest may be a
   * secret); QUEUE_FULL when other requests hold too much; CANCELLED once `signal` aborts.
   */
  fetch(url: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Nothing fetched is in use any more, and nothing more is fetched. Idempotent. */
  release(): void;
}

export interface RemoteImages {
  /** For one request, whose time runs from now on; `release` must follow. */
  open(): RequestImages;
}

function parseUrl(text: string): URL {
  if (text.length > MAX_URL_CHARS) {
    throw new InpaintError("INVALID_INPUT", `a URL of more than ${MAX_URL_CHARS} characters is not fetched`);
  }
  if (!URL.canParse(text)) throw new InpaintError("INVALID_INPUT", "is no valid URL");
  return new URL(text);
}

/** Neither path nor query: signed URLs are keys, and either may have the signature. */
const shown = ({ origin }: URL) => `${origin}/…`;

class RequestFetches implements RequestImages {
  readonly #rules: FetchRules;
  readonly #slots: Semaphore;
  readonly #held: ByteHold;
  readonly #maxBytes: number;
  readonly #timeoutMs: number;
  readonly #late = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(
    rules: FetchRules,
    slots: Semaphore,
    held: ByteHold,
    { imageUrlMaxBytes, imageUrlTimeoutMs }: RemoteImagesOptions,
  ) {
    this.#rules = rules;
    this.#slots = slots;
    this.#held = held;
    this.#maxBytes = imageUrlMaxBytes;
    this.#timeoutMs = imageUrlTimeoutMs;
    this.#timer = setTimeout(() => this.#late.abort(), imageUrlTimeoutMs);
  }

  async fetch(text: string, signal: AbortSignal): Promise<Uint8Array> {
    const url = parseUrl(text);
    const either = AbortSignal.any([signal, this.#late.signal]);
    try {
      return await this.#slots.run(either, () =>
        fetchUrl(url, this.#rules, {
          maxBytes: this.#maxBytes,
          take: (bytes) => this.#held.take(bytes),
          signal: either,
        }),
      );
    } catch (error) {
      if (signal.aborted) throw new InpaintError("CANCELLED", "the client went away");
      throw this.#told(url, error);
    }
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#held.release();
  }

  /** `error` as the caller may read it. */
  #told(url: URL, error: unknown): unknown {
    if (error instanceof InpaintError && error.code !== "INVALID_INPUT") return error;
    const reason = this.#late.signal.aborted
      ? `was not fetched within ${this.#timeoutMs} ms`
      : error instanceof InpaintError
        ? error.message
        : failureReason(error);
    return reason === undefined ? error : new InpaintError("INVALID_INPUT", `${shown(url)}: ${reason}`);
  }
}

/**
 * Undefined where the operator names no host: URLs are off then. Throws InpaintError INVALID_SETTING for a host or range
 * that is none. `resolver` is for tests.
 */
export function createRemoteImages(
  options: RemoteImagesOptions,
  resolver: Resolver = systemResolver,
): RemoteImages | undefined {
  const hosts = new HostList(options.imageUrlHosts);
  const reachable = new ReachableAddresses(options.imageUrlPrivateAddresses);
  if (options.imageUrlHosts.length === 0) return undefined;
  const rules: FetchRules = { hosts, reachable, resolver, allowHttp: options.imageUrlAllowHttp };
  const slots = new Semaphore({ places: options.imageUrlConcurrency });
  const budget = new FetchedBytes({
    maxRequestBytes: options.maxBodyBytes,
    maxHeldBytes: options.imageUrlMaxHeldBytes,
  });
  return { open: () => new RequestFetches(rules, slots, budget.hold(), options) };
}
