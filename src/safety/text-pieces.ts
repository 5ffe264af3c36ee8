/** @file Texts in pieces that the service takes. Knows its limit on characters. */

/** The service counts Unicode code points. */
export const MAX_PIECE_CHARS = 10_000;

/** A phrase of up to so many characters is whole in at least one piece, wherever the text is cut. */
const OVERLAP_CHARS = 1000;

/**
 * One or more pieces of at most MAX_PIECE_CHARS code points, each beginning OVERLAP_CHARS before the end of the one
 * before it. Half of a surrogate pair is no character that can be sent: it becomes U+FFFD, as it does for the tokenizer.
 */
export function textPieces(text: string): readonly string[] {
  const sendable = text.replace(/\p{Surrogate}/gu, "\ufffd");
  if (sendable.length <= MAX_PIECE_CHARS) return [sendable];
  const chars = Array.from(sendable);
  const pieces: string[] = [];
  for (let start = 0; ; start += MAX_PIECE_CHARS - OVERLAP_CHARS) {
    pieces.push(chars.slice(start, start + MAX_PIECE_CHARS).join(""));
    if (start + MAX_PIECE_CHARS >= chars.length) return pieces;
  }
}
