/** @file Text that is no Unicode: half of a UTF-16 surrogate pair, which JSON can escape and UTF-8 cannot write. */

const UNPAIRED = /\p{Surrogate}/u;

/**
 * What is wrong with `text`, if something is. Such text is refused, not mended: the tokenizer, content safety and the
 * caller would each be told another prompt. (The reference's tokenizer cannot encode it either.)
 */
export function surrogateProblem(text: string): string | undefined {
  const offset = text.search(UNPAIRED);
  return offset < 0 ? undefined : `holds half of a surrogate pair at offset ${offset}, which is no character`;
}
