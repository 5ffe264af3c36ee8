/**
 * @file tokenizer.json, which newer checkpoints have instead of vocab.json and merges.txt: vocabulary, merges and added
 * tokens. What it says of normalising and splitting is not read: `tokenizer/` knows CLIP's own.
 * Reference: huggingface/tokenizers, `BPE` and `AddedToken`; transformers `PreTrainedTokenizerFast`.
 */
import { z } from "zod";
import { longList, longRecord } from "../files/schema-problems.js";

const tokenId = z.int().nonnegative();

/** The flags of a token that is matched as a whole in the prompt. */
const tokenFlags = {
  /** Matched in the normalised (lower-cased) text rather than in the text as typed. */
  normalized: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
};

export const specialTokenSchema = z.union([
  // A special token written as a bare string is matched in the text as typed, before lower-casing.
  z.string().transform((content) => ({ content, normalized: false, lstrip: false, rstrip: false })),
  z.object({ content: z.string(), ...tokenFlags }).readonly(),
]);
export type SpecialToken = z.output<typeof specialTokenSchema>;

export const addedTokenSchema = z.object({
  content: z.string().min(1),
  ...tokenFlags,
  /** The tokenizer library does not know this rule; no published checkpoint of the family has it. */
  single_word: z.literal(false).default(false),
});

export const vocabularySchema = longRecord(tokenId);

/** Older releases write a merge as one string with a blank between, newer ones as a pair. */
const mergeSchema = z.union([
  z.string(),
  z.tuple([z.string(), z.string()]).transform((pair) => pair.join(" ")),
]);

const tokenizerJsonSchema = z
  .object({
    added_tokens: longList(addedTokenSchema.extend({ id: tokenId })).default([]),
    model: z.object({
      type: z.literal("BPE").default("BPE"),
      end_of_word_suffix: z.literal("</w>"),
      vocab: vocabularySchema,
      merges: longList(mergeSchema),
    }),
  })
  .transform(({ added_tokens, model }) => ({
    vocabulary: model.vocab,
    merges: model.merges,
    addedTokens: added_tokens.map(({ single_word: _, ...token }) => token),
  }));

export const parseTokenizerJson = (file: unknown) => tokenizerJsonSchema.safeParse(file);
