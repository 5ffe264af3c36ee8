/**
 * @file Learns byte-pair merges from a few captions, in the form of CLIP's vocabulary files.
 * Source: Sennrich et al., "Neural machine translation of rare words with subword units"; the order of the vocabulary
 * (bytes, bytes that end a word, merges, start, end) is CLIP's.
 */

const END_OF_WORD = "</w>";

export interface Vocabulary {
  readonly vocabulary: Readonly<Record<string, number>>;
  readonly merges: readonly string[];
}

/** At most `mergeCount` merges, most frequent pair first, ties in alphabetical order. */
export function learnVocabulary(captions: readonly string[], mergeCount: number): Vocabulary {
  const words = countWords(captions);
  const merges: string[] = [];
  while (merges.length < mergeCount) {
    const best = mostFrequentPair(words);
    if (best === undefined) break;
    merges.push(best);
    for (const word of words) mergePair(word.symbols, best);
  }
  const bytes = byteSymbols();
  const tokens = [
    ...bytes,
    ...bytes.map((symbol) => symbol + END_OF_WORD),
    ...merges.map((pair) => pair.replace(" ", "")),
    "<|startoftext|>",
    "<|endoftext|>",
  ];
  return { vocabulary: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}

/**
 * One printable character for each of the 256 bytes: Latin-1's printable ones stand for themselves and come first,
 * the others are moved behind U+0100. `!` therefore is the first.
 */
function byteSymbols(): readonly string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const printable = bytes.filter(isPrintable);
  const others = bytes.filter((byte) => !isPrintable(byte));
  return [...printable, ...others.map((_, i) => 0x100 + i)].map((code) => String.fromCharCode(code));
}

interface Word {
  readonly count: number;
  readonly symbols: string[];
}

function countWords(captions: readonly string[]): readonly Word[] {
  const counts = new Map<string, number>();
  for (const caption of captions) {
    for (const word of caption.toLowerCase().match(/[a-z]+/g) ?? []) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].map(([word, count]) => ({
    count,
    symbols: [...word.slice(0, -1), word.slice(-1) + END_OF_WORD],
  }));
}

function mostFrequentPair(words: readonly Word[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 1; i < symbols.length; i++) {
      const pair = `${symbols[i - 1]} ${symbols[i]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  const [best] = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  return best?.[0];
}

function mergePair(symbols: string[], pair: string): void {
  for (let i = 1; i < symbols.length; i++) {
    if (`${symbols[i - 1]} ${symbols[i]}` === pair) {
      symbols.splice(i - 1, 2, pair.replace(" ", ""));
    }
  }
}
