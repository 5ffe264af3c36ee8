/**
 * @file Opens a checkpoint that is one file with the original latent-diffusion names, `.safetensors` or `.ckpt`.
 * Knows what such a file holds and what it does not say; that is asked for, never guessed.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { z } from "zod";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { CheckpointOptions, CheckpointParts, Component } from "../checkpoint.js";
import type { SchedulerFile } from "../config/scheduler-config.js";
import { parseTextEncoderConfig } from "../config/text-encoder-config.js";
import { parseUnetConfig } from "../config/unet-config.js";
import { parseVaeConfig } from "../config/vae-config.js";
import { schemaProblems } from "../files/schema-problems.js";
import { isPreferredVariant } from "../find/find-checkpoint.js";
import { readTokenizerFiles } from "../tokenizer/tokenizer-files.js";
import { openWeightsWithin } from "../weights/open-weights-within.js";
import { componentTensors } from "./component-tensors.js";
import { LdmTensors } from "./ldm-tensors.js";
import { type ModelSpec, readModelSpec } from "./model-spec.js";
import { type OriginalConfig, readOriginalConfig, sidecarNames } from "./original-config.js";
import { type Family, nativePixels, singleFileScheduler } from "./single-file-scheduler.js";
import { besideTheNetworks } from "./surplus-tensors.js";
import { CLIP_PREFIX, clipLayout, OPEN_CLIP_PREFIX, openClipLayout } from "./text-encoder-layout.js";
import { type NetworkLayout, UNET_PREFIX, unetLayout } from "./unet-layout.js";
import { VAE_PREFIX, vaeLayout } from "./vae-layout.js";

/** Throws INVALID_CHECKPOINT naming the file, and in it the tensor that is missing, or what has to be told besides. */
export async function openSingleFile(
  path: string,
  { modelDir, variant, tokenizerDir, predictionType }: CheckpointOptions,
): Promise<CheckpointParts> {
  const tensors = new LdmTensors(await openWeightsWithin(modelDir, path));
  const family = familyOf(tensors);
  const root = path === modelDir ? dirname(path) : modelDir;
  const original = await readOriginalConfig(path, root);
  const spec = readModelSpec(tensors.metadata);
  const told = { tokenizerDir, predictionType, original, spec };
  const known = await whatTheFileDoesNotSay(path, family, told);

  const text =
    family.generation === 1
      ? component(tensors, CLIP_PREFIX, clipLayout(tensors), parseTextEncoderConfig)
      : component(tensors, OPEN_CLIP_PREFIX, openClipLayout(tensors), parseTextEncoderConfig);
  const vae = component(tensors, VAE_PREFIX, vaeLayout(tensors, original?.scalingFactor), parseVaeConfig);
  const sampleSize = nativePixels(family, known.predictionType) / vae.config.scaleFactor;
  const unet = unetLayout(tensors, original?.heads ?? {}, sampleSize);
  return {
    directory: dirname(path),
    textEncoder: text,
    unet: component(tensors, UNET_PREFIX, unet, parseUnetConfig),
    vae,
    scheduler: singleFileScheduler(family, known.predictionType, original),
    tokenizer: await readTokenizerFiles(known.tokenizerDir, tokenizerDir ?? root),
    warnings: [
      ...variantWarnings(path, variant),
      ...besideTheNetworks(tensors),
      ...predictionWarnings(path, told),
    ],
  };
}

/** Throws INVALID_CHECKPOINT when the file holds another kind of model, or a part of one. */
function familyOf(tensors: LdmTensors): Family {
  const first = `${UNET_PREFIX}input_blocks.0.0.weight`;
  const refuse = (what: string) => new InpaintError("INVALID_CHECKPOINT", `${tensors.path}: ${what}`);
  if (tensors.hasModule("conditioner.embedders")) {
    throw refuse("a Stable Diffusion XL checkpoint; Stable Diffusion 1 and 2 are served");
  }
  if (!tensors.all.has(first)) {
    throw refuse(`no single-file Stable Diffusion checkpoint: it has no tensor ${first}`);
  }
  for (const [prefix, what] of [
    [VAE_PREFIX, "VAE"],
    ["cond_stage_model.", "text encoder"],
  ] as const) {
    if (!tensors.hasModule(prefix.slice(0, -1))) {
      throw refuse(`holds no ${what} (no tensor ${prefix}…), which a checkpoint needs`);
    }
  }
  const generation = tensors.hasModule(OPEN_CLIP_PREFIX.slice(0, -1)) ? 2 : 1;
  return { generation, inChannels: tensors.size(first, 1) };
}

function component<Config>(
  tensors: LdmTensors,
  prefix: string,
  { config, modules }: NetworkLayout,
  parse: (file: unknown) => z.ZodSafeParseResult<Config>,
): Component<Config> {
  const result = parse(config);
  if (!result.success) {
    const what = schemaProblems(result.error);
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `${tensors.path}: the tensors ${prefix}… are of no architecture that is served: ${what}`,
    );
  }
  return { config: result.data, weights: componentTensors(tensors, prefix, modules) };
}

interface Told {
  readonly tokenizerDir: string | undefined;
  readonly predictionType: SchedulerFile["predictionType"];
  readonly original: OriginalConfig | undefined;
  readonly spec: ModelSpec | undefined;
}

/** Throws INVALID_CHECKPOINT that asks for everything that is missing at once. */
async function whatTheFileDoesNotSay(path: string, { generation }: Family, told: Told) {
  const beside = join(dirname(path), "tokenizer");
  const hasTokenizer = (await stat(beside).catch(() => undefined))?.isDirectory() ?? false;
  const tokenizerDir = told.tokenizerDir ?? (hasTokenizer ? beside : undefined);
  // Stable Diffusion 1 predicts the noise; of 2 there are both kinds, which no tensor tells apart.
  const assumed = generation === 1 && told.spec === undefined ? "epsilon" : undefined;
  const predictionType =
    told.predictionType ?? told.original?.predictionType ?? told.spec?.predictionType ?? assumed;
  if (tokenizerDir !== undefined && predictionType !== undefined) return { tokenizerDir, predictionType };
  const sidecar = sidecarNames(basename(path, extname(path))).join(" or ");
  const asked = [
    ...(tokenizerDir === undefined
      ? [
          `its tokenizer: set TOKENIZER_DIR to a folder with vocab.json, merges.txt and tokenizer_config.json, ` +
            `or put one called tokenizer beside the file`,
        ]
      : []),
    ...(predictionType === undefined
      ? [
          `what its UNet predicts${told.spec === undefined ? "" : ` (but ${told.spec.said})`}: set PREDICTION_TYPE (epsilon for 512-inpainting-ema and 512-base-ema, ` +
            `v_prediction for 768-v-ema), or put its ${sidecar} beside the file`,
        ]
      : []),
  ];
  throw new InpaintError("INVALID_CHECKPOINT", `${path}: a single file does not say ${asked.join("; nor ")}`);
}

/** A file's own name says which variant it is, if any; the types of its tensors are its own. */
const variantWarnings = (path: string, variant: string | undefined): readonly string[] =>
  variant === undefined || isPreferredVariant(path, variant)
    ? []
    : [`${path}: VARIANT is ${variant}, which this file's name does not say; it is taken all the same`];

/** Whoever says something else than is followed. */
function predictionWarnings(path: string, { predictionType, original, spec }: Told): readonly string[] {
  const sources = [
    { where: "PREDICTION_TYPE", says: predictionType, said: `is ${predictionType}` },
    { where: original?.path, says: original?.predictionType, said: `says ${original?.predictionType}` },
    { where: `${path}: its metadata`, says: spec?.predictionType, said: `says ${spec?.said}` },
  ].filter(({ says }) => says !== undefined);
  const [followed, ...others] = sources;
  return others
    .filter(({ says }) => says !== followed?.says)
    .map(({ where, said }) => `${where} ${said}; ${followed?.where} ${followed?.said} and is followed`);
}
