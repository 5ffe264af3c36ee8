/**
 * @file CLIP's byte-pair tokenizer, from a checkpoint's vocabulary and merges. A library does the encoding; this file
 * says what CLIP's tokenizer is in that library's terms, cuts and pads.
 * Matches: transformers `CLIPTokenizerFast` (`CLIPConverter` in convert_slow_tokenizer.py).
 */
import { Tokenizer } from "@huggingface/tokenizers";
import { InpaintError } from "../errors/inpaint-error.js";

export interface Tokenized {
  /** Start token, the prompt, end token, pad tokens: as many ids as the text encoder takes. */
  readonly ids: Int32Array;
  /** What did not fit and was cut off, in the tokenizer's spelling. */
  readonly cutText: string | undefined;
}

/** A token that is matched as a whole in the prompt. */
export interface SpecialToken {
  readonly content: string;
  /** Matched in the normalised (lower-cased) text rather than in the text as typed. */
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A token of the checkpoint's own making, beside its vocabulary or in it. */
export interface AddedToken extends SpecialToken {
  readonly id: number;
}

export interface TokenizerData {
  readonly vocabulary: Readonly<Record<string, number>>;
  readonly merges: readonly string[];
  readonly startToken: SpecialToken;
  readonly endToken: SpecialToken;
  readonly unknownToken: SpecialToken;
  readonly padToken: SpecialToken;
  readonly addedTokens: readonly AddedToken[];
  readonly maxLength: number;
}

/**
 * CLIP's own: contractions, runs of letters, single digits, runs of anything else that is no white space.
 * White space is Unicode's, as in the reference's regular expressions; JavaScript's `\s` also takes U+FEFF.
 */
const WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\p{White_Space}\\p{L}\\p{N}]+";
const WHITE_SPACE = "\\p{White_Space}+";

export class ClipTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #startId: number;
  readonly #endId: number;
  readonly #padId: number;
  readonly #maxLength: number;

  /** Throws INVALID_CHECKPOINT when a special token is not in the vocabulary. */
  constructor(data: TokenizerData) {
    this.#tokenizer = new Tokenizer(tokenizerJson(data), {});
    this.#startId = idOf(data, data.startToken);
    this.#endId = idOf(data, data.endToken);
    this.#padId = idOf(data, data.padToken);
    this.#maxLength = data.maxLength;
  }

  encode(prompt: string): Tokenized {
    // The reference lower-cases each character by itself; JavaScript would make the last sigma of a word a final one.
    const text = prompt.replaceAll("\u03a3", "\u03c3");
    const words = this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
    const room = this.#maxLength - 2;
    const ids = new Int32Array(this.#maxLength).fill(this.#padId);
    ids.set([this.#startId, ...words.slice(0, room), this.#endId]);
    const cut = words.slice(room);
    return { ids, cutText: cut.length === 0 ? undefined : this.#tokenizer.decode(cut).trim() };
  }
}

/** The content of a tokenizer.json (huggingface/tokenizers) that describes CLIP's tokenizer. */
function tokenizerJson(data: TokenizerData): object {
  const special = new Map<string, object>();
  for (const token of data.addedTokens) {
    special.set(token.content, { ...token, single_word: false, special: true });
  }
  for (const token of [data.startToken, data.endToken, data.unknownToken, data.padToken]) {
    if (special.has(token.content)) continue;
    special.set(token.content, { ...token, id: idOf(data, token), single_word: false, special: true });
  }
  return {
    added_tokens: [...special.values()],
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: WHITE_SPACE }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: WORDS }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: data.unknownToken.content,
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab: data.vocabulary,
      merges: data.merges,
    },
  };
}

function idOf(data: TokenizerData, token: SpecialToken): number {
  const added = data.addedTokens.find(({ content }) => content === token.content)?.id;
  const id =
    added ?? (Object.hasOwn(data.vocabulary, token.content) ? data.vocabulary[token.content] : undefined);
  if (id === undefined) {
    throw new InpaintError("INVALID_CHECKPOINT", `the tokenizer's vocabulary has no "${token.content}"`);
  }
  return id;
}
