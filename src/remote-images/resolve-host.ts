/**
 * @file A URL's host to the addresses that are connected to, every one of them checked. Knows no HTTP.
 *
 * A name is resolved once: what was checked is what is connected to, so an answer that changes in between (DNS rebinding)
 * changes nothing.
 */
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { InpaintError } from "../errors/inpaint-error.js";
import type { ReachableAddresses } from "./reachable-addresses.js";

/** Every address of a name, or a rejection where it has none. */
export type Resolver = (hostname: string) => Promise<readonly LookupAddress[]>;

/** As the system resolves names: its hosts file and its name servers. */
export const systemResolver: Resolver = (hostname) => lookup(hostname, { all: true });

async function addressesOf(hostname: string, resolver: Resolver): Promise<readonly LookupAddress[]> {
  const literal = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(literal);
  if (family !== 0) return [{ address: literal, family }];
  try {
    return await resolver(hostname);
  } catch {
    return [];
  }
}

/**
 * The addresses of a URL's `hostname`. One that may not be connected to spoils the others: no honest name has both. The
 * refusal, InpaintError INVALID_INPUT, does not tell it from a name that does not exist: which names exist in the
 * operator's network is not for the caller.
 */
export async function resolveHost(
  hostname: string,
  resolver: Resolver,
  reachable: ReachableAddresses,
): Promise<readonly LookupAddress[]> {
  const addresses = await addressesOf(hostname, resolver);
  if (addresses.length === 0 || !addresses.every(({ address }) => reachable.includes(address))) {
    throw new InpaintError("INVALID_INPUT", "its host was not found, or has an address that is not public");
  }
  return addresses;
}
