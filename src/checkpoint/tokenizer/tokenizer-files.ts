/**
 * @file The tokenizer's files: vocabulary, merges, special and added tokens, as plain data.
 * Reference: transformers 4 `PreTrainedTokenizerBase._from_pretrained` (tokenization_utils_base.py) for which file wins.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InpaintError } from "../../errors/inpaint-error.js";
import { MAX_TEXT_BYTES, readJsonFile, readTextFile } from "../files/json-file.js";
import { realFileWithin } from "../files/real-file-within.js";
import {
  addedTokenSchema,
  parseTokenizerJson,
  specialTokenSchema,
  vocabularySchema,
} from "./tokenizer-json.js";

const MAX_LENGTH = 77;
const FILE_NAMES = [
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.json",
  "merges.txt",
  "tokenizer.json",
];

const specialTokensSchema = z.object({
  bos_token: specialTokenSchema.optional(),
  eos_token: specialTokenSchema.optional(),
  unk_token: specialTokenSchema.optional(),
  pad_token: specialTokenSchema.nullish(),
});

const tokenizerConfigSchema = specialTokensSchema.extend({
  added_tokens_decoder: z.record(z.string().regex(/^\d{1,9}$/), addedTokenSchema).optional(),
  model_max_length: z.literal(MAX_LENGTH).default(MAX_LENGTH),
});

const START = { content: "<|startoftext|>", normalized: true, lstrip: false, rstrip: false };
const END = { content: "<|endoftext|>", normalized: true, lstrip: false, rstrip: false };

/** A token with an id of its own that is matched as a whole in the prompt. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

export type TokenizerFiles = Awaited<ReturnType<typeof readTokenizerFiles>>;

/**
 * A folder with vocab.json and merges.txt, or with tokenizer.json alone, whose files lie below `root`. Throws
 * INVALID_CHECKPOINT naming the file.
 */
export async function readTokenizerFiles(directory: string, root = directory) {
  for (const name of FILE_NAMES) {
    const path = join(directory, name);
    if (await exists(path)) await realFileWithin(root, path);
  }
  const config = await readJsonFile(join(directory, "tokenizer_config.json"), (file) =>
    tokenizerConfigSchema.safeParse(file),
  );
  const words = await readWords(directory);
  // Files written since transformers 4.34 list every added token in tokenizer_config.json, which then wins;
  // before, special_tokens_map.json overruled it (Stable Diffusion 2 gets its pad token "!" that way).
  // Transformers 5 writes neither list nor map beside a tokenizer.json.
  const mapPath = join(directory, "special_tokens_map.json");
  const isMapNeeded =
    config.added_tokens_decoder === undefined && (words.isVocabJson || (await exists(mapPath)));
  const tokens = isMapNeeded
    ? { ...config, ...(await readJsonFile(mapPath, (file) => specialTokensSchema.safeParse(file))) }
    : config;
  const inConfig = Object.entries(config.added_tokens_decoder ?? {}).map(
    ([id, { single_word: _, ...token }]) => ({ ...token, id: Number(id) }),
  );
  const addedTokens: readonly AddedToken[] = firstOfEach([...words.addedTokens, ...inConfig]);
  return {
    /** vocab.json or tokenizer.json. */
    path: words.path,
    vocabulary: words.vocabulary,
    /** Pairs in order of preference, each two symbols with a blank between. */
    merges: words.merges,
    addedTokens,
    startToken: tokens.bos_token ?? START,
    endToken: tokens.eos_token ?? END,
    unknownToken: tokens.unk_token ?? END,
    padToken: tokens.pad_token ?? END,
    /** Tokens a prompt is cut or padded to, start and end included. */
    maxLength: config.model_max_length,
  };
}

interface Words {
  readonly path: string;
  readonly isVocabJson: boolean;
  readonly vocabulary: Readonly<Record<string, number>>;
  readonly merges: readonly string[];
  readonly addedTokens: readonly AddedToken[];
}

async function readWords(directory: string): Promise<Words> {
  const vocabPath = join(directory, "vocab.json");
  const jsonPath = join(directory, "tokenizer.json");
  if (!(await exists(vocabPath)) && (await exists(jsonPath))) {
    const words = await readJsonFile(jsonPath, parseTokenizerJson, MAX_TEXT_BYTES);
    expectMerges(jsonPath, words);
    return { path: jsonPath, isVocabJson: false, ...words };
  }
  const vocabulary = await readJsonFile(
    vocabPath,
    (file) => vocabularySchema.safeParse(file),
    MAX_TEXT_BYTES,
  );
  const mergesPath = join(directory, "merges.txt");
  const lines = (await readTextFile(mergesPath)).split(/\r?\n/);
  const merges = lines.slice(lines[0]?.startsWith("#version") ? 1 : 0).filter((line) => line.trim() !== "");
  expectMerges(mergesPath, { vocabulary, merges });
  return { path: vocabPath, isVocabJson: true, vocabulary, merges, addedTokens: [] };
}

/** Each is two symbols that are in the vocabulary, as is what they make: the reference refuses any other. */
function expectMerges(path: string, { vocabulary, merges }: Pick<Words, "vocabulary" | "merges">): void {
  const stray = merges.find((merge) => {
    const [left = "", right = "", ...more] = merge.split(" ");
    return more.length > 0 || ![left, right, left + right].every((word) => Object.hasOwn(vocabulary, word));
  });
  if (stray === undefined) return;
  const shown = JSON.stringify(stray.slice(0, 80));
  throw new InpaintError(
    "INVALID_CHECKPOINT",
    `${path}: ${shown} is no merge of two words of the vocabulary`,
  );
}

/** The library that matches them keeps the first of two tokens that are spelt alike. */
function firstOfEach(tokens: readonly AddedToken[]): readonly AddedToken[] {
  const byContent = new Map<string, AddedToken>();
  for (const token of tokens) if (!byContent.has(token.content)) byContent.set(token.content, token);
  return [...byContent.values()];
}

const exists = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;
