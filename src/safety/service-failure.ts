/**
 * @file Why the service gave no verdict. Knows how to name it without what was asked: the client's own errors and
 * results carry the key and the whole request, so nothing of theirs is kept but status, code and waiting time.
 */

/**
 * - unavailable: no answer in an attempt's whole time, or a fault of the service or the network: it passes
 * - throttled: more requests than the service takes of us: it passes, and callers can bring it about
 * - misconfigured: wrong key, role, address or certificate: it passes when someone changes a setting
 * - malformed: an answer that is no verdict
 * - rejected: the service refuses this very content
 * - crowded: more checks wait here than may, or one's time was over before the service had had an attempt's whole time
 */
export type FailureKind =
  | "unavailable"
  | "throttled"
  | "misconfigured"
  | "malformed"
  | "rejected"
  | "crowded";

export interface FailureDetails {
  readonly status?: number | undefined;
  /** The service's or the system's short name of what is wrong. */
  readonly code?: string | undefined;
  /** How long the service asks to be left alone, a minute at most. */
  readonly retryAfterMs?: number | undefined;
}

/** `message` is a phrase that goes on from "Azure AI Content Safety …"; it holds no content, no key and no address. */
export class ServiceFailure extends Error {
  override readonly name = "ServiceFailure";
  readonly kind: FailureKind;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, message: string, { status, code, retryAfterMs }: FailureDetails = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The service is at fault, not one input and not how much is asked: a reason to leave it alone for a while. */
export function isOutage(error: unknown): error is ServiceFailure {
  return (
    error instanceof ServiceFailure &&
    (error.kind === "unavailable" || error.kind === "misconfigured" || error.kind === "malformed")
  );
}

/** The service is there: it looked at the request, and refuses it. */
export function isAnswer(error: unknown): error is ServiceFailure {
  return error instanceof ServiceFailure && (error.kind === "rejected" || error.kind === "throttled");
}

/** Worth another attempt. */
export function mayPass({ kind }: ServiceFailure): boolean {
  return kind === "unavailable" || kind === "throttled";
}

/** Names of what no waiting mends. */
const PERMANENT_CODES: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Of @azure/identity; their messages hold tenant and client ids, and answers of the token service. */
const TOKEN_ERRORS: ReadonlySet<string> = new Set([
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
]);

/** Short names only: whatever else a server puts into a header stays out of the log. */
function shortName(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w.-]{1,64}$/.test(value) ? value : undefined;
}

/** What the client threw, in our words. */
export function failureOfError(error: unknown): ServiceFailure {
  if (error instanceof ServiceFailure) return error;
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && "code" in error ? shortName(error.code) : undefined;
  if (TOKEN_ERRORS.has(name)) {
    return new ServiceFailure("misconfigured", "was not asked: no token for the managed identity", {
      code: name,
    });
  }
  if (code !== undefined && PERMANENT_CODES.has(code)) {
    return new ServiceFailure("misconfigured", `cannot be reached (${code})`, { code });
  }
  return new ServiceFailure("unavailable", `cannot be reached (${code ?? name})`, { code: code ?? name });
}

export interface AnswerHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What a status other than 200 means. */
export function failureOfStatus({ status, headers }: AnswerHead): ServiceFailure {
  const code = shortName(headers["x-ms-error-code"]);
  const details = { status, code, retryAfterMs: retryAfterMs(headers) };
  const told = `answered ${status}${code === undefined ? "" : ` ${code}`}`;
  if (status === 429) return new ServiceFailure("throttled", told, details);
  if (status === 408 || status >= 500) {
    return new ServiceFailure("unavailable", told, details);
  }
  if (status === 401 || status === 403) {
    return new ServiceFailure("misconfigured", `${told}: it does not accept the key or identity`, details);
  }
  if (status < 400 || status === 404 || status === 405) {
    return new ServiceFailure("misconfigured", told, details);
  }
  return new ServiceFailure("rejected", told, details);
}

/** Callers are told no more: whatever the service asks for, it may be back in a minute. */
const MAX_RETRY_AFTER_MS = 60_000;

function retryAfterMs(headers: AnswerHead["headers"]): number | undefined {
  const asked = askedWaitMs(headers);
  return asked === undefined ? undefined : Math.min(asked, MAX_RETRY_AFTER_MS);
}

/** As Azure's services write it: milliseconds under a name of their own, else seconds or a date. */
function askedWaitMs(headers: AnswerHead["headers"]): number | undefined {
  const ms = headers["retry-after-ms"] ?? headers["x-ms-retry-after-ms"];
  if (ms !== undefined && /^\d{1,12}$/.test(ms)) return Number(ms);
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
