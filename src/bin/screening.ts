/** @file Content screening, put together where the settings ask for it: the service's client, the encoder, the start. */
import type { Settings } from "../config/settings.js";
import type { Logger } from "../observability/logger.js";
import type { Metrics } from "../observability/metrics.js";
import type { Screening } from "../scoring/score.js";

export interface OpenedScreening extends Screening {
  /** Rejects with InpaintError INVALID_SETTING when the service does not take these settings. */
  start(signal: AbortSignal): Promise<void>;
}

/** Rejects with InpaintError INVALID_SETTING for settings that cannot work. */
export async function openScreening(
  settings: Settings,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): Promise<OpenedScreening | undefined> {
  if (settings.contentSafetyEndpoint === "") return undefined;
  // The client is a quarter of a second in loading.
  const [{ createContentSafety }, { createBoundedEncoder }] = await Promise.all([
    import("../safety/content-safety.js"),
    import("../image/bounded-encoder.js"),
  ]);
  const safety = createContentSafety(settings, { logger, metrics, encoder: createBoundedEncoder() });
  return {
    screener: safety,
    response: settings.contentSafetyResponse,
    start: (signal) => safety.start(signal),
  };
}
