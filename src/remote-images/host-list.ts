/**
 * @file The operator's list of hosts that images may come from. Knows names and ports as they stand in URLs; knows no
 * address behind a name.
 */
import { SETTINGS } from "../config/settings.js";
import { InpaintError } from "../errors/inpaint-error.js";

interface HostRule {
  /** Of the name alone. */
  readonly matches: (hostname: string) => boolean;
  /** Undefined: the one that the URL's scheme has by itself. */
  readonly port: number | undefined;
}

const ENTRY = /^(?<name>.+?)(?::(?<port>\d{1,5}))?$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** A name as URLs write it: lower case, an address in its usual form. */
function canonical(name: string): string {
  if (!URL.canParse(`http://${name}/`)) {
    throw new InpaintError(
      "INVALID_SETTING",
      `${SETTINGS.imageUrlHosts.env} has ${JSON.stringify(name)}, which no URL can have as its host`,
    );
  }
  return new URL(`http://${name}/`).hostname;
}

function nameRule(name: string): HostRule["matches"] {
  if (name === "*") return () => true;
  if (name.startsWith("*.")) {
    const suffix = `.${canonical(name.slice("*.".length))}`;
    return (hostname) => hostname.endsWith(suffix) && hostname.length > suffix.length;
  }
  const exact = canonical(name);
  return (hostname) => hostname === exact;
}

function parseEntry(entry: string): HostRule {
  const { name = "", port } = ENTRY.exec(entry)?.groups ?? {};
  return { matches: nameRule(name), port: port === undefined ? undefined : Number(port) };
}

export class HostList {
  readonly #rules: readonly HostRule[];

  /**
   * `entries`: `images.example.com`; `*.example.com` for what is below it; `*` for any host; each with `:8443` for that
   * port instead of the scheme's own. Throws InpaintError INVALID_SETTING.
   */
  constructor(entries: readonly string[]) {
    this.#rules = entries.map(parseEntry);
  }

  /** `url` has a scheme of HTTP. */
  includes({ protocol, hostname, port }: URL): boolean {
    const usual = DEFAULT_PORTS[protocol];
    const actual = port === "" ? usual : Number(port);
    return this.#rules.some((rule) => rule.matches(hostname) && actual === (rule.port ?? usual));
  }
}
