/** @file The server's own version. Knows where the package's description lies. */
import { readFileSync } from "node:fs";

const PACKAGE_FILE = new URL("../../../package.json", import.meta.url);

function readVersion(): string {
  const description: unknown = JSON.parse(readFileSync(PACKAGE_FILE, "utf8"));
  if (typeof description === "object" && description !== null && "version" in description) {
    return String(description.version);
  }
  throw new Error("package.json has no version");
}

/** As package.json has it. */
export const SERVER_VERSION: string = readVersion();
