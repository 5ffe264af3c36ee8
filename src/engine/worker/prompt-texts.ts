/**
 * @file A job's two prompts, from text to what the UNet reads, one run of the text encoder each: an embedding has the same
 * bits whichever prompt was encoded beside it. Knows the tokenizer; runs no network.
 */
import { isGuided } from "../../diffusion/guidance.js";
import type { InpaintJob } from "../../diffusion/inpaint-job.js";
import type { PromptEmbeds } from "../../diffusion/networks.js";
import type { LoadedModel } from "./loaded-model.js";

/** How much of a prompt that was cut a warning shows. */
const MAX_SHOWN_CHARS = 80;

/** A prompt that the text encoder is to be asked for. */
export interface TextToEncode {
  /** `[1, 77]` */
  readonly ids: Int32Array;
  readonly clipSkip: number;
  /** Called with the answer, `[1, 77, d]`. */
  take(embeds: PromptEmbeds): void;
}

type Text = { readonly ids: Int32Array; readonly clipSkip: number; embeds: PromptEmbeds | undefined };

export class PromptTexts {
  /** Sentences about prompts that were cut. */
  readonly warnings: readonly string[];
  readonly #prompt: Text;
  /** Absent without guidance: the negative prompt is not encoded, and not looked at. */
  readonly #negative: Text | undefined;

  constructor(
    tokenizer: LoadedModel["tokenizer"],
    { prompt, negativePrompt, clipSkip = 0, guidanceScale }: InpaintJob,
  ) {
    const warnings: string[] = [];
    const tokenize = (name: string, text: string, skip: number): Text => {
      const { ids, cutText } = tokenizer.encode(text);
      if (cutText !== undefined) {
        warnings.push(
          `${name} is longer than the ${ids.length} tokens the model reads; left out: ${shorten(cutText)}`,
        );
      }
      return { ids, clipSkip: skip, embeds: undefined };
    };
    this.#prompt = tokenize("prompt", prompt, clipSkip);
    this.#negative = isGuided(guidanceScale) ? tokenize("negative_prompt", negativePrompt, 0) : undefined;
    this.warnings = warnings;
  }

  /** The next one to encode; undefined when there is none left. */
  get missing(): TextToEncode | undefined {
    const text = [this.#negative, this.#prompt].find(
      (each) => each !== undefined && each.embeds === undefined,
    );
    if (text === undefined) return undefined;
    return {
      ids: text.ids,
      clipSkip: text.clipSkip,
      take: (embeds) => {
        text.embeds = embeds;
      },
    };
  }

  /** Both `[1, 77, d]`; without guidance the negative one is the prompt's. Throws while one is missing. */
  get embeds(): { readonly prompt: PromptEmbeds; readonly negative: PromptEmbeds } {
    const prompt = this.#prompt.embeds;
    const negative = this.#negative === undefined ? prompt : this.#negative.embeds;
    if (prompt === undefined || negative === undefined) {
      throw new Error("a prompt is not encoded: this is a bug");
    }
    return { prompt, negative };
  }
}

function shorten(text: string): string {
  const quoted = text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
  return JSON.stringify(quoted);
}
