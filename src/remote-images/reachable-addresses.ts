/**
 * @file Which addresses may be connected to: public ones, and those that the operator excepts. Knows no host name.
 *
 * ipaddr.js follows IANA's registries of special-purpose addresses; two things that it counts as unicast are refused
 * beside them: IPv6 outside 2000::/3, which is not handed out (`::7f00:1` is 127.0.0.1 to some systems), and Azure's
 * address for its platform services, which looks public and is answered by the host of a virtual machine.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { SETTINGS } from "../config/settings.js";
import { InpaintError } from "../errors/inpaint-error.js";

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];
/** WireServer, DHCP and DNS of Azure's virtual machines. */
const AZURE_PLATFORM: [ipaddr.IPv4, number] = [ipaddr.IPv4.parse("168.63.129.16"), 32];

/** An address, or one with the length of a prefix. */
function parseRange(text: string): Range {
  const [address = "", prefix, ...more] = text.split("/");
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (family === 0 || more.length > 0 || !/^\d{1,3}$/.test(prefix ?? "0") || length > bits) {
    throw new InpaintError(
      "INVALID_SETTING",
      `${SETTINGS.imageUrlPrivateAddresses.env} has ${JSON.stringify(text)}, which is neither an address nor a range as 10.1.0.0/16`,
    );
  }
  return [ipaddr.parse(address), length];
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv6 ? address.match(GLOBAL_UNICAST) : !address.match(AZURE_PLATFORM);
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [start, length]: Range): boolean {
  return address.kind() === start.kind() && address.match(start, length);
}

export class ReachableAddresses {
  readonly #exceptions: readonly Range[];

  /** `exceptions`: addresses and ranges, allowed although private. Throws InpaintError INVALID_SETTING. */
  constructor(exceptions: readonly string[]) {
    this.#exceptions = exceptions.map(parseRange);
  }

  /** `address` as the resolver writes it: no host name, no number in octal or hexadecimal. */
  includes(address: string): boolean {
    if (isIP(address) === 0) return false;
    const parsed = ipaddr.parse(address);
    return isPublic(parsed) || this.#exceptions.some((range) => isWithin(parsed, range));
  }
}
