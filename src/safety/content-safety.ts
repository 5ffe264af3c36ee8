/**
 * @file Screening texts and images by Azure AI Content Safety. Fails closed: without a valid verdict in time there is an
 * error, unless the operator's setting says that content passes then. Knows no request and no row.
 *
 * Log lines hold the kind of content, category, severity and the id that the service's own log has, never the content.
 */
import { randomUUID } from "node:crypto";
import { Semaphore, SemaphoreFullError } from "../async/semaphore.js";
import { turn } from "../async/turn.js";
import type { Settings } from "../config/settings.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Logger } from "../observability/logger.js";
import type { Metrics } from "../observability/metrics.js";
import type { Region } from "../tensor/region.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { type Check, tryRepeatedly } from "./attempts.js";
import { Breaker } from "./breaker.js";
import { type ConnectionSettings, connectionOf } from "./connection.js";
import { imageHash, textHash } from "./content-hash.js";
import { type BoundedImageEncoder, partsToShow, SERVICE_BOUNDS } from "./screening-image.js";
import { type AttemptOptions, ServiceClient } from "./service-client.js";
import { isOutage, ServiceFailure } from "./service-failure.js";
import { SharedChecks } from "./shared-checks.js";
import { refusalToStart } from "./start-refusal.js";
import { textPieces } from "./text-pieces.js";
import {
  type Analysis,
  joinAnalyses,
  judge,
  type ThresholdSettings,
  type Thresholds,
  thresholdsOf,
  type Verdict,
} from "./verdict.js";

export type ContentSafetySettings = ConnectionSettings &
  ThresholdSettings &
  Pick<
    Settings,
    | "contentSafetyBlocklists"
    | "contentSafetyTimeoutMs"
    | "contentSafetyMaxConcurrency"
    | "contentSafetyBreakerFailures"
    | "contentSafetyBreakMs"
    | "contentSafetyCacheEntries"
    | "contentSafetyCacheTtlMs"
    | "contentSafetyOnError"
  >;

export interface ContentSafetyParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly encoder: BoundedImageEncoder;
  /** PEM certificates to trust in place of the system's (to which `NODE_EXTRA_CA_CERTS` adds). */
  readonly ca?: string;
}

type ContentKind = "text" | "image";

interface Found {
  readonly analysis: Analysis;
  /** Of each request for it that was answered, with commas between. */
  readonly requestId: string;
}

function joinFound(parts: readonly Found[]): Found {
  return {
    analysis: joinAnalyses(parts.map(({ analysis }) => analysis)),
    requestId: parts.map(({ requestId }) => requestId).join(","),
  };
}

/** One attempt may take half of a check's time, so that a stalled one leaves time for another. */
const ATTEMPT_PART = 0.5;

const WAITING_PER_PLACE = 16;
/** Of one picture, which may have dozens: else it would take the whole line. */
const PARTS_AT_ONCE = 2;

/** Nothing that any list or category would have. */
const PROBE_TEXT = "a wooden bench in a park";

const BREAKER_LEVELS = { closed: 0, "half-open": 1, open: 2 } as const;

/**
 * Screening as the settings, with an endpoint among them, ask for it. Throws InpaintError INVALID_SETTING for those that
 * cannot work. Nothing is sent before `start`.
 */
export function createContentSafety(
  settings: ContentSafetySettings,
  parts: ContentSafetyParts,
): ContentSafety {
  const connection = connectionOf(settings);
  const client = new ServiceClient(connection, {
    blocklists: settings.contentSafetyBlocklists,
    ca: parts.ca,
  });
  return new ContentSafety(client, settings, parts);
}

export class ContentSafety {
  readonly #client: ServiceClient;
  readonly #thresholds: Thresholds;
  readonly #attemptTimeoutMs: number;
  readonly #passesUnscreened: boolean;
  readonly #parts: ContentSafetyParts;
  readonly #checks: SharedChecks<Found>;
  readonly #places: Semaphore;
  readonly #breaker: Breaker;

  constructor(client: ServiceClient, settings: ContentSafetySettings, parts: ContentSafetyParts) {
    const { logger, metrics } = parts;
    this.#client = client;
    this.#parts = parts;
    this.#thresholds = thresholdsOf(settings);
    this.#attemptTimeoutMs = settings.contentSafetyTimeoutMs * ATTEMPT_PART;
    this.#passesUnscreened = settings.contentSafetyOnError === "allow";
    this.#checks = new SharedChecks({
      timeoutMs: settings.contentSafetyTimeoutMs,
      cacheEntries: settings.contentSafetyCacheEntries,
      cacheTtlMs: settings.contentSafetyCacheTtlMs,
      onCache: (outcome) => metrics.cacheRequests.inc({ cache: "screening", outcome }),
    });
    const places = settings.contentSafetyMaxConcurrency;
    this.#places = new Semaphore({ places, maxWaiting: places * WAITING_PER_PLACE });
    this.#breaker = new Breaker({
      failures: settings.contentSafetyBreakerFailures,
      breakMs: settings.contentSafetyBreakMs,
      onStateChange: (state) => {
        metrics.screeningBreaker.set(BREAKER_LEVELS[state]);
        logger.warn({ state }, "content safety breaker");
      },
    });
  }

  /**
   * Asks the service once, so that wrong settings are found before the first request. Rejects with InpaintError
   * INVALID_SETTING when it does not accept the key or identity, is not there, or is no Content Safety service. An outage
   * that passes does not stop the start: until it has passed, every check fails.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { logger } = this.#parts;
    try {
      await this.#checks.answer(textHash(PROBE_TEXT), signal, (check) =>
        this.#analyzeText(PROBE_TEXT, check),
      );
      logger.info("content safety answers");
    } catch (error) {
      if (!(error instanceof ServiceFailure)) throw error;
      const refusal = refusalToStart(error);
      if (refusal !== undefined) throw refusal;
      logger.warn({ reason: error.message }, "content safety does not answer yet");
    }
  }

  /** Blank text is allowed unasked. Rejects with InpaintError SCREENING_UNAVAILABLE, or CANCELLED once `signal` aborts. */
  async screenText(text: string, signal: AbortSignal): Promise<Verdict> {
    if (text.trim() === "") return { kind: "allowed" };
    const key = textHash(text);
    return this.#screen("text", () =>
      this.#checks.answer(key, signal, (check) => this.#analyzeText(text, check)),
    );
  }

  /** Rejects with InpaintError SCREENING_UNAVAILABLE, or CANCELLED once `signal` aborts. */
  async screenImage(image: RgbImage, signal: AbortSignal): Promise<Verdict> {
    const key = await imageHash(image);
    return this.#screen("image", () =>
      this.#checks.answer(key, signal, (check) => this.#analyzeImage(image, check)),
    );
  }

  async #screen(kind: ContentKind, find: () => Promise<Found>): Promise<Verdict> {
    const { logger, metrics } = this.#parts;
    try {
      const { analysis, requestId } = await find();
      const verdict = judge(analysis, this.#thresholds);
      if (verdict.kind === "blocked") {
        const { category, severity } = verdict;
        logger.info({ content: kind, category, severity, screeningRequestId: requestId }, "content blocked");
      }
      metrics.screeningChecks.inc({ kind, outcome: verdict.kind });
      return verdict;
    } catch (error) {
      if (!(error instanceof ServiceFailure)) {
        const isCancelled = error instanceof InpaintError && error.code === "CANCELLED";
        metrics.screeningChecks.inc({ kind, outcome: isCancelled ? "cancelled" : "unavailable" });
        throw error;
      }
      return this.#withoutVerdict(kind, error);
    }
  }

  /** A caller can make the service reject his content or refuse its number, and can fill the line: none lets it pass. */
  #withoutVerdict(kind: ContentKind, failure: ServiceFailure): Verdict {
    const { logger, metrics } = this.#parts;
    const { status, code } = failure;
    const about = { content: kind, reason: failure.message, failure: failure.kind, status, code };
    if (this.#passesUnscreened && isOutage(failure)) {
      logger.warn(about, "content passes unscreened");
      metrics.screeningChecks.inc({ kind, outcome: "unscreened" });
      return { kind: "unscreened" };
    }
    logger.warn(about, "content could not be screened");
    metrics.screeningChecks.inc({ kind, outcome: isOutage(failure) ? "unavailable" : "refused" });
    throw new InpaintError(
      "SCREENING_UNAVAILABLE",
      `the ${kind} could not be screened: Azure AI Content Safety ${failure.message}`,
      { retryAfterMs: failure.retryAfterMs },
    );
  }

  #analyzeText(text: string, check: Check): Promise<Found> {
    return this.#inPlace(check, async () => {
      const parts: Found[] = [];
      for (const piece of textPieces(text)) {
        parts.push(await this.#ask("text", check, (options) => this.#client.analyzeText(piece, options)));
      }
      return joinFound(parts);
    });
  }

  /** A picture is encoded when its turn has come: what waits is pixels that exist anyway. */
  async #analyzeImage(image: RgbImage, check: Check): Promise<Found> {
    const line = new Semaphore({ places: PARTS_AT_ONCE });
    const parts = partsToShow(image, SERVICE_BOUNDS).map((region) =>
      line.run(check.signal, () => this.#inPlace(check, () => this.#analyzePart(image, region, check))),
    );
    return joinFound(await Promise.all(parts));
  }

  async #analyzePart(image: RgbImage, region: Region, check: Check): Promise<Found> {
    const file = await this.#parts.encoder.encodeWithin(image, region, SERVICE_BOUNDS);
    await turn(); // the client makes text of it at once, and many may be ready together
    return this.#ask("image", check, (options) => this.#client.analyzeImage(file, options));
  }

  async #inPlace(check: Check, work: () => Promise<Found>): Promise<Found> {
    this.#breaker.expectPassable();
    try {
      return await this.#places.run(check.signal, work);
    } catch (error) {
      if (!(error instanceof SemaphoreFullError)) throw error;
      throw new ServiceFailure("crowded", "was not asked: too many checks wait already");
    }
  }

  /** One request of the check, with its repetitions. */
  #ask(
    kind: ContentKind,
    check: Check,
    send: (options: AttemptOptions) => Promise<Analysis>,
  ): Promise<Found> {
    const requestId = randomUUID();
    const options = { signal: check.signal, timeoutMs: this.#attemptTimeoutMs, requestId };
    return this.#breaker.run(check.signal, () =>
      tryRepeatedly(check, async () => {
        const stop = this.#parts.metrics.screeningSeconds.startTimer({ kind });
        try {
          return { analysis: await send(options), requestId };
        } finally {
          stop();
        }
      }),
    );
  }
}
