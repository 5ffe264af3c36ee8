/**
 * @file The tokenizer's files: vocabulary, merges and special tokens, as plain data.
 * Reference: transformers 4 `PreTrainedTokenizerBase._from_pretrained` (tokenization_utils_base.py) for which file wins.
 */
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile, readTextFile } from "./json-file.js";

const MAX_LENGTH = 77;

const tokenSchema = z.union([
  // A special token written as a bare string is matched in the text as typed, before lower-casing.
  z.string().transform((content) => ({ content, normalized: false, lstrip: false, rstrip: false })),
  z
    .object({
      content: z.string(),
      normalized: z.boolean().default(false),
      lstrip: z.boolean().default(false),
      rstrip: z.boolean().default(false),
    })
    .readonly(),
]);
export type SpecialToken = z.output<typeof tokenSchema>;

const specialTokensSchema = z.object({
  bos_token: tokenSchema.optional(),
  eos_token: tokenSchema.optional(),
  unk_token: tokenSchema.optional(),
  pad_token: tokenSchema.optional(),
});

const tokenizerConfigSchema = specialTokensSchema.extend({
  added_tokens_decoder: z.record(z.string(), z.unknown()).optional(),
  model_max_length: z.literal(MAX_LENGTH).default(MAX_LENGTH),
});

const vocabularySchema = z.record(z.string(), z.int().nonnegative());

const START = { content: "<|startoftext|>", normalized: true, lstrip: false, rstrip: false };
const END = { content: "<|endoftext|>", normalized: true, lstrip: false, rstrip: false };

export type TokenizerFiles = Awaited<ReturnType<typeof readTokenizerFiles>>;

export async function readTokenizerFiles(directory: string) {
  const vocabulary = await readJsonFile(join(directory, "vocab.json"), (file) =>
    vocabularySchema.safeParse(file),
  );
  const merges = (await readTextFile(join(directory, "merges.txt"))).split(/\r?\n/);
  const config = await readJsonFile(join(directory, "tokenizer_config.json"), (file) =>
    tokenizerConfigSchema.safeParse(file),
  );
  // Files written since transformers 4.34 list every added token in tokenizer_config.json, which then wins;
  // before, special_tokens_map.json overruled it (Stable Diffusion 2 gets its pad token "!" that way).
  const tokens =
    config.added_tokens_decoder === undefined
      ? {
          ...config,
          ...(await readJsonFile(join(directory, "special_tokens_map.json"), (file) =>
            specialTokensSchema.safeParse(file),
          )),
        }
      : config;
  return {
    vocabulary,
    /** Pairs in order of preference, each two symbols with a blank between. */
    merges: merges.slice(merges[0]?.startsWith("#version") ? 1 : 0).filter((line) => line.trim() !== ""),
    startToken: tokens.bos_token ?? START,
    endToken: tokens.eos_token ?? END,
    unknownToken: tokens.unk_token ?? END,
    padToken: tokens.pad_token ?? END,
    /** Tokens a prompt is cut or padded to, start and end included. */
    maxLength: config.model_max_length,
  };
}
