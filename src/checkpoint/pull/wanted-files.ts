/**
 * @file Which files of a repository the server needs: one copy of the weights, of the several that lie side by side.
 * Knows names only; opens nothing.
 * Reference: diffusers `DiffusionPipeline.download` and `_add_variant` (utils/hub_utils.py), transformers' shard names.
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import type { PulledFile } from "../pulled-manifest.js";
import { prefersShards } from "../weights/component-weights.js";

/** It makes a folder a checkpoint, so it is fetched last. */
export const LAST_FILE = "model_index.json";

/** Component → what its weights are called, by format. */
const WEIGHTS = {
  text_encoder: { safetensors: "model", bin: "pytorch_model" },
  unet: { safetensors: "diffusion_pytorch_model", bin: "diffusion_pytorch_model" },
  vae: { safetensors: "diffusion_pytorch_model", bin: "diffusion_pytorch_model" },
} as const;
const COMPONENTS = ["text_encoder", "unet", "vae"] as const;
type Component = (typeof COMPONENTS)[number];
const FORMATS = ["safetensors", "bin"] as const;
type Format = (typeof FORMATS)[number];

const CONFIGS = [LAST_FILE, "scheduler/scheduler_config.json"] as const;
const TOKENIZER = [
  "vocab.json",
  "merges.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
] as const;
/** The terms under which the weights may be used travel with them. */
const LICENCE = /^LICENSE(\.\w+)?$/i;
const SINGLE_FILE = /^[^/]+\.(safetensors|ckpt)$/;

export interface WantedFiles {
  /** In the order to fetch: small before large, so that what cannot be read shows early; model_index.json last. */
  readonly files: readonly PulledFile[];
  /** What the person who pulls should know about the choice. */
  readonly notes: readonly string[];
}

export interface Wish {
  /** As in `fp16`: the weights whose names carry that word. Undefined: those without one. */
  readonly variant: string | undefined;
  /** Exactly these files instead of a choice; empty: choose. */
  readonly only: readonly string[];
}

/** Throws PULL_FAILED naming what the repository lacks, or what there is to choose from. */
export function wantedFiles(files: readonly PulledFile[], { variant, only }: Wish): WantedFiles {
  if (variant !== undefined && !/^[\w-]{1,40}$/.test(variant)) {
    throw failed(`the variant ${JSON.stringify(variant).slice(0, 80)} is no word of a file's name`);
  }
  const byPath = new Map(files.map((file) => [file.path, file]));
  if (only.length > 0) {
    const missing = only.filter((path) => !byPath.has(path));
    if (missing.length > 0) throw failed(`the repository has no file ${missing.join(", ")}`);
    return { files: inOrder(files.filter(({ path }) => only.includes(path))), notes: [] };
  }
  if (!byPath.has(LAST_FILE)) throw noDiffusersFolder(files);
  for (const folder of ["text_encoder_2", "transformer"]) {
    if (files.some(({ path }) => path.startsWith(`${folder}/`))) {
      throw failed(`the repository has a ${folder}: it is no checkpoint of Stable Diffusion 1 or 2`);
    }
  }
  const configs = [...CONFIGS, ...COMPONENTS.map((component) => `${component}/config.json`)];
  const missing = configs.filter((path) => !byPath.has(path));
  const tokenizer = TOKENIZER.map((name) => `tokenizer/${name}`);
  const hasVocabulary = byPath.has("tokenizer/vocab.json") && byPath.has("tokenizer/merges.txt");
  if (!hasVocabulary && !byPath.has("tokenizer/tokenizer.json")) missing.push("tokenizer/vocab.json");
  if (missing.length > 0) throw failed(`the repository lacks ${missing.join(", ")}`);

  const { weights, notes } = chooseWeights(files, variant);
  const paths = new Set([...configs, ...tokenizer, ...weights]);
  return { files: inOrder(files.filter(({ path }) => paths.has(path) || LICENCE.test(path))), notes };
}

function chooseWeights(files: readonly PulledFile[], variant: string | undefined) {
  const weights: string[] = [];
  const notes: string[] = [];
  let withVariant = 0;
  for (const component of COMPONENTS) {
    const copies = copiesOf(component, files);
    const asked = copies.filter((copy) => copy.variant === variant);
    const plain = copies.filter((copy) => copy.variant === undefined);
    const chosen = best(component, asked) ?? best(component, plain);
    if (chosen === undefined) {
      const there = copies.map((copy) => copy.paths[0]).join(", ");
      throw failed(
        there === ""
          ? `the repository has no weights in ${component}/`
          : `${component}/ has weights of a variant only; ask for one of them with --variant: ${there}`,
      );
    }
    if (asked.length > 0) withVariant++;
    else notes.push(`${component} has no variant ${variant}; its weights without a variant are taken`);
    weights.push(...chosen.paths);
  }
  if (withVariant === 0) {
    const known = new Set(
      COMPONENTS.flatMap((component) => copiesOf(component, files)).flatMap((copy) => copy.variant ?? []),
    );
    const there = known.size === 0 ? "it has none" : `it has ${[...known].sort().join(", ")}`;
    throw failed(`the repository has no weights of the variant ${variant}; ${there}`);
  }
  return { weights, notes };
}

/** One copy of a component's weights: a file, or an index with its shards. */
interface Copy {
  readonly format: Format;
  readonly variant: string | undefined;
  readonly sharded: boolean;
  readonly paths: readonly string[];
}

/** `[.variant][-00001-of-00002][.variant].format`, or the index `.format[.variant].index[.variant].json`. */
const WEIGHTS_ENDING =
  /^(?:\.(?<before>[\w-]+?))?(?<shard>-\d{5}-of-\d{5})?(?:\.(?<after>[\w-]+))?\.(?<format>safetensors|bin)$/;
const INDEX_ENDING =
  /^\.(?<format>safetensors|bin)(?:\.(?<before>[\w-]+))?\.index(?:\.(?<after>[\w-]+))?\.json$/;

function copiesOf(component: Component, files: readonly PulledFile[]): readonly Copy[] {
  const copies = new Map<string, { readonly copy: Copy; readonly paths: string[] }>();
  for (const { path } of files) {
    for (const format of FORMATS) {
      const stem = `${component}/${WEIGHTS[component][format]}`;
      if (!path.startsWith(stem)) continue;
      const ending = path.slice(stem.length);
      const groups = (WEIGHTS_ENDING.exec(ending) ?? INDEX_ENDING.exec(ending))?.groups;
      if (groups === undefined || groups.format !== format) continue;
      const variant = groups.before ?? groups.after;
      const sharded = groups.shard !== undefined || ending.endsWith(".json");
      const key = `${format} ${variant ?? ""} ${sharded}`;
      const known = copies.get(key);
      if (known !== undefined) known.paths.push(path);
      else {
        const paths = [path];
        copies.set(key, { copy: { format, variant, sharded, paths }, paths });
      }
    }
  }
  // Shards without their index cannot be opened, an index without shards holds nothing.
  return [...copies.values()]
    .map(({ copy }) => copy)
    .filter(
      ({ sharded, paths }) => !sharded || (paths.length > 1 && paths.some((path) => path.endsWith(".json"))),
    );
}

/** safetensors before .bin; whole or sharded as the server would choose if both were there. */
function best(component: Component, copies: readonly Copy[]): Copy | undefined {
  const library = component === "text_encoder" ? "transformers" : "diffusers";
  const rank = ({ format, sharded }: Copy) =>
    FORMATS.indexOf(format) * 2 + (sharded === prefersShards(library, `.${format}`) ? 0 : 1);
  return [...copies].sort((a, b) => rank(a) - rank(b))[0];
}

function inOrder(files: readonly PulledFile[]): readonly PulledFile[] {
  return [...files].sort(
    (a, b) =>
      Number(a.path === LAST_FILE) - Number(b.path === LAST_FILE) ||
      a.size - b.size ||
      (a.path < b.path ? -1 : 1),
  );
}

function noDiffusersFolder(files: readonly PulledFile[]): InpaintError {
  const singles = files.filter(({ path }) => SINGLE_FILE.test(path)).map(({ path }) => path);
  return failed(
    singles.length === 0
      ? `the repository has no ${LAST_FILE}: it is no diffusers checkpoint`
      : `the repository has no ${LAST_FILE}, but single files; take one with --file ${singles.slice(0, 5).join(" or --file ")}`,
  );
}

const failed = (message: string) => new InpaintError("PULL_FAILED", message);
