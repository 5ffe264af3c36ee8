/**
 * @file Opens a checkpoint in whatever layout it lies on disk: every config and every weights header, no weight.
 * Knows which layouts there are; knows none of them from inside, and no network.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { SchedulerFile } from "./config/scheduler-config.js";
import type { TextEncoderConfig } from "./config/text-encoder-config.js";
import type { UnetConfig } from "./config/unet-config.js";
import type { VaeConfig } from "./config/vae-config.js";
import { openDiffusersFolder } from "./diffusers-folder.js";
import { type FoundCheckpoint, findCheckpoint } from "./find/find-checkpoint.js";
import { identityOf } from "./identity.js";
import { openSingleFile } from "./single-file/open-single-file.js";
import type { TokenizerFiles } from "./tokenizer/tokenizer-files.js";
import type { WeightSet } from "./weights/weights.js";

export interface CheckpointOptions {
  /** A diffusers folder, a single file, or a folder that holds either a few levels down. */
  readonly modelDir: string;
  /** The word between name and suffix of the weights to open, as `fp16`. Absent: the copy without one. */
  readonly variant?: string | undefined;
  /** Absent: the checkpoint's own. */
  readonly tokenizerDir?: string | undefined;
  /** What the UNet predicts. Absent: what the checkpoint says. */
  readonly predictionType?: SchedulerFile["predictionType"];
}

export interface Component<Config> {
  readonly config: Config;
  readonly weights: WeightSet;
}

/** What every layout gives. */
export interface CheckpointParts {
  /** The diffusers folder, or the one that a single file lies in. */
  readonly directory: string;
  readonly textEncoder: Component<TextEncoderConfig>;
  readonly unet: Component<UnetConfig>;
  readonly vae: Component<VaeConfig>;
  readonly scheduler: SchedulerFile;
  readonly tokenizer: TokenizerFiles;
  /** What an operator should know of how it was read: a variant that was not there, weights that are left aside. */
  readonly warnings: readonly string[];
}

export interface Checkpoint extends CheckpointParts {
  /** Where it was found, and why this one. */
  readonly source: FoundCheckpoint;
  /** 64 hexadecimal digits that differ between checkpoints; see identity.ts for what they cover. */
  readonly identity: string;
}

/** Throws INVALID_CHECKPOINT naming the file, and in it the key or tensor, that is missing or wrong. */
export async function openCheckpoint(options: CheckpointOptions): Promise<Checkpoint> {
  const source = await findCheckpoint(options.modelDir, options.variant);
  const open = { diffusers: openDiffusersFolder, "single-file": openSingleFile }[source.layout];
  const parts = await open(source.path, options);
  expectSpecialTokens(parts);
  expectEmbeddings(parts);
  return { ...parts, source, identity: await identityOf(parts) };
}

/** What stands at the start, at the end and behind a prompt must have an id. */
function expectSpecialTokens({ tokenizer }: CheckpointParts): void {
  const { path, vocabulary, addedTokens, startToken, endToken, padToken } = tokenizer;
  for (const { content } of [startToken, endToken, padToken]) {
    if (Object.hasOwn(vocabulary, content) || addedTokens.some((token) => token.content === content))
      continue;
    const shown = JSON.stringify(content.slice(0, 80));
    throw new InpaintError("INVALID_CHECKPOINT", `${path}: has no ${shown}, which every prompt needs`);
  }
}

/** Every id of the vocabulary must have its row in the text encoder's table. */
function expectEmbeddings({ textEncoder, tokenizer }: CheckpointParts): void {
  const { vocabSize } = textEncoder.config;
  const words = [
    ...Object.entries(tokenizer.vocabulary),
    ...tokenizer.addedTokens.map(({ content, id }) => [content, id] as const),
  ];
  const stray = words.find(([, id]) => id >= vocabSize);
  if (stray !== undefined) {
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `${tokenizer.path}: ${JSON.stringify(stray[0]).slice(0, 40)} has id ${stray[1]}, ` +
        `but the text encoder's vocab_size is ${vocabSize}`,
    );
  }
}
