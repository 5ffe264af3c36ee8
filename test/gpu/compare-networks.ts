/** @file Networks against the float32 reference, each by itself. Knows no picture. */
import type { Networks } from "../../src/diffusion/networks.js";
import type { Precision } from "../../src/networks/network-builder.js";
import type { NetworkGolden } from "../support/network-goldens.js";
import { relativeError } from "../support/relative-error.js";
import type { Report } from "./report.js";

/** max|a − b| / max|b|, as the README promises. */
export const NETWORK_LIMITS = { float32: 1e-4, float16: 1e-2 } as const satisfies Record<Precision, number>;

export async function compareNetworks(
  networks: Networks,
  goldens: readonly NetworkGolden[],
  precision: Precision,
  report: Report,
): Promise<void> {
  const limit = NETWORK_LIMITS[precision];
  report.line(`networks against the float32 reference: largest error of the largest value, at most ${limit}`);
  for (const { label, expected, run } of goldens) {
    const error = relativeError(await run(networks), expected);
    report.verdict(`  ${error.toExponential(1).padStart(8)}  ${label}`, error <= limit);
  }
}
