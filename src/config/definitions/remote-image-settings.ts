/** @file Images that requests name by URL: from where, how many and how large. Off unless a host is named. */
import type { Setting } from "../setting-kinds.js";

export const REMOTE_IMAGE_SETTINGS = {
  imageUrlHosts: {
    kind: "list",
    env: "IMAGE_URL_HOSTS",
    allowed:
      "`images.example.com`, `*.example.com` (below it), `*` (any), each with `:8443` for another port",
    pattern:
      /^(?:\*|(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))?$/i,
    maxItems: 100,
    doc: "Hosts that `image` and `mask_image` may be fetched from when they are URLs. None, the default: URLs are refused. Addresses that are not public are never connected to, whatever is named here.",
  },
  imageUrlAllowHttp: {
    kind: "switch",
    env: "IMAGE_URL_ALLOW_HTTP",
    fallback: false,
    doc: "Fetch `http` URLs too, not only `https`.",
  },
  imageUrlPrivateAddresses: {
    kind: "list",
    env: "IMAGE_URL_PRIVATE_ADDRESSES",
    allowed: "an address, or a range as `10.1.0.0/16`",
    pattern: /^[0-9a-f:.]+(?:\/\d{1,3})?$/i,
    maxItems: 100,
    doc: "Addresses that may be connected to although they are not public, for hosts of the operator's own network that `IMAGE_URL_HOSTS` names.",
  },
  imageUrlTimeoutMs: {
    kind: "integer",
    env: "IMAGE_URL_TIMEOUT_MS",
    unit: "ms",
    fallback: 20_000,
    min: 1,
    max: 600_000,
    doc: "Longest that fetching all images of one request may take, names, redirects and bodies included: the request holds its places in the queue meanwhile.",
  },
  imageUrlMaxBytes: {
    kind: "integer",
    env: "IMAGE_URL_MAX_BYTES",
    unit: "bytes",
    fallback: 16 * 1024 * 1024,
    min: 1024,
    max: 268_435_456,
    doc: "Largest image that is fetched. All of one request together are bounded by `MAX_BODY_BYTES`, as if they were sent.",
  },
  imageUrlMaxHeldBytes: {
    kind: "integer",
    env: "IMAGE_URL_MAX_HELD_BYTES",
    unit: "bytes",
    fallback: 256 * 1024 * 1024,
    min: 1024,
    max: 100_000_000_000,
    doc: "Most bytes fetched for all requests and not yet decoded; an image takes twice its size while it arrives. A request that finds no room is refused with 429; one that is alone always has room.",
  },
  imageUrlConcurrency: {
    kind: "integer",
    env: "IMAGE_URL_CONCURRENCY",
    unit: "images",
    fallback: 32,
    min: 1,
    max: 1024,
    doc: "Most images fetched at the same time for all requests, four of them for one; others wait their turn, on their own time.",
  },
} as const satisfies Record<string, Setting>;
