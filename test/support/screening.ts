/** @file Screening as the server sets it up, for tests: settings, log, metrics and the real encoder. */
import { readSettings, type Settings } from "../../src/config/settings.js";
import { createBoundedEncoder } from "../../src/image/bounded-encoder.js";
import { createMetrics } from "../../src/observability/metrics.js";
import { type ContentSafetyParts, createContentSafety } from "../../src/safety/content-safety.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { LogCapture } from "./log-capture.js";

export const TEST_KEY = "0123456789abcdef0123456789abcdef";

// The client goes through a proxy also to this machine, where the environment names one.
for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]) {
  delete process.env[name];
}

/** Only ever these variables: the developer's own environment decides nothing. */
export function settingsOf(environment: Readonly<Record<string, string>>): Settings {
  return readSettings(environment);
}

export function setUpScreening(
  environment: Readonly<Record<string, string>>,
  others: Partial<Pick<ContentSafetyParts, "encoder" | "ca">> = {},
) {
  const log = new LogCapture();
  const metrics = createMetrics();
  const parts = { logger: log.logger, metrics, encoder: createBoundedEncoder(), ...others };
  const safety = createContentSafety(settingsOf(environment), parts);
  /** How many checks ended so. */
  const checks = async (kind: string, outcome: string) => {
    const { values } = await metrics.screeningChecks.get();
    return values.find(({ labels }) => labels.kind === kind && labels.outcome === outcome)?.value ?? 0;
  };
  return { safety, log, metrics, checks };
}

/** One colour all over. */
export function plainImage(
  width: number,
  height: number,
  [red, green, blue]: readonly [number, number, number],
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set([red, green, blue], i);
  return { width, height, data };
}

export const RED = [250, 5, 5] as const;
export const GREY = [120, 120, 120] as const;

export const NEVER = new AbortController().signal;
