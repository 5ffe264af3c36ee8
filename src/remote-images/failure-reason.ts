/**
 * @file Why a fetch failed, in words that tell a caller nothing of the network it failed in. Knows the codes of Node's
 * errors; knows no URL.
 */

/** OpenSSL's verdicts on a certificate are the codes that begin with none of these. */
const REASONS: readonly (readonly [RegExp, string | undefined])[] = [
  [/^HPE_/, "its host did not answer as HTTP asks"],
  [/^(?:ERR_TLS_|ERR_SSL_|EPROTO$)/, "no TLS connection that can be trusted"],
  [/^(?:E[A-Z]+$|ERR_STREAM_PREMATURE_CLOSE$)/, "its host could not be reached, or broke off"],
  [/^ERR_/, undefined],
  [/^[A-Z_]+$/, "no TLS connection that can be trusted"],
];

/** Undefined for what is no failure of the network. */
export function failureReason(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS.find(([pattern]) => pattern.test(code))?.[1];
}
