/** @file A web server on a loopback address for one test, and the room's client with what it may reach. */
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { TestContext } from "node:test";
import { readSettings } from "../../src/config/settings.js";
import { createRemoteImages, type RemoteImages } from "../../src/remote-images/remote-images.js";
import type { Resolver } from "../../src/remote-images/resolve-host.js";

const LOOPBACK = "127.0.0.1";
export const never = new AbortController().signal;

async function listen(t: TestContext, server: Server, close: () => void): Promise<number> {
  t.after(() => {
    server.close();
    close();
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return portOf(server.address());
}

export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

/** The port of a server on 127.0.0.1 that ends with the test. */
export function serve(t: TestContext, answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  return listen(t, server, () => server.closeAllConnections());
}

export function serveTls(
  t: TestContext,
  tls: { readonly key: Buffer; readonly cert: Buffer },
  answer: RequestListener,
): Promise<number> {
  const server = createTlsServer(tls, answer);
  return listen(t, server, () => server.closeAllConnections());
}

/** Resolves every name to these, in turn; the last one from then on. Tells how often it was asked. */
export function resolving(...answers: readonly (readonly string[])[]): Resolver & { asked: () => number } {
  let asked = 0;
  const resolver: Resolver = async () => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked++;
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return Object.assign(resolver, { asked: () => asked });
}

/** Any host by http, and 127.0.0.1 although it is private, unless `env` says otherwise. */
export function client(
  ports: readonly number[],
  env: Record<string, string> = {},
  resolver?: Resolver,
): RemoteImages {
  const settings = readSettings({
    IMAGE_URL_HOSTS: ["*", ...ports.map((port) => `*:${port}`)].join(","),
    IMAGE_URL_ALLOW_HTTP: "true",
    IMAGE_URL_PRIVATE_ADDRESSES: LOOPBACK,
    ...env,
  });
  const images = createRemoteImages(settings, resolver);
  if (images === undefined) throw new Error("no host is named");
  return images;
}

/** One URL fetched for a request of its own. */
export async function fetchOne(images: RemoteImages, url: string, signal = never): Promise<string> {
  const request = images.open();
  try {
    return Buffer.from(await request.fetch(url, signal)).toString("latin1");
  } finally {
    request.release();
  }
}
