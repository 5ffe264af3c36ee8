/**
 * @file Which of the files in a component's folder holds its weights. Knows the names that diffusers and transformers
 * give them; opens none.
 * Reference: diffusers `_add_variant` (utils/hub_utils.py), `ModelMixin.from_pretrained`, `variant_compatible_siblings` and
 * `_identify_model_variants` (pipelines/pipeline_loading_utils.py), which fall back per component to the plain files.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InpaintError } from "../../errors/inpaint-error.js";

/** What `save_pretrained` of each library writes: without variant, whole. */
const WEIGHT_NAMES = {
  diffusers: ["diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"],
  transformers: ["model.safetensors", "pytorch_model.bin"],
} as const;
export type Library = keyof typeof WEIGHT_NAMES;

/** Of weights that lie there whole and in shards, both libraries take the whole ones, but diffusers of safetensors. */
export const prefersShards = (library: Library, file: string): boolean =>
  library === "diffusers" && file.endsWith(".safetensors");

export interface FoundWeights {
  readonly path: string;
  /** Empty for the plain files. */
  readonly variant: string;
}

/**
 * The variant's file if there is one, else the plain one, else that of the only variant there is. Throws
 * INVALID_CHECKPOINT naming the file that was looked for.
 */
export async function findComponentWeights(
  directory: string,
  library: Library,
  variant?: string,
): Promise<FoundWeights> {
  const names = new Set(await readdir(directory).catch(() => []));
  const files = WEIGHT_NAMES[library];
  const pick = (wanted: string): FoundWeights | undefined => {
    const inOrder = files.flatMap((file) => {
      const [whole, ...indices] = namesOf(file, wanted);
      return prefersShards(library, file) ? [...indices, whole] : [whole, ...indices];
    });
    const name = inOrder.find((candidate) => names.has(candidate));
    return name === undefined ? undefined : { path: join(directory, name), variant: wanted };
  };
  const asked = (variant === undefined ? undefined : pick(variant)) ?? pick("");
  if (asked !== undefined) return asked;
  const variants = [...new Set([...names].flatMap((name) => variantOf(name, files)))].sort();
  const [only] = variants;
  const found = only === undefined || variants.length > 1 ? undefined : pick(only);
  if (found !== undefined) return found;
  const hint =
    variants.length > 1
      ? `; VARIANT may name one of ${variants.join(", ")}`
      : `; nor is there any of ${files.flatMap((file) => namesOf(file, variant ?? "")).join(", ")}`;
  throw new InpaintError("INVALID_CHECKPOINT", `${join(directory, files[0])}: this file is missing${hint}`);
}

/** One file, or the index of its shards; the last form is that of old releases. */
function namesOf(file: string, variant: string): readonly [whole: string, ...indices: readonly string[]] {
  if (variant === "") return [file, `${file}.index.json`];
  const dot = file.lastIndexOf(".");
  return [
    `${file.slice(0, dot)}.${variant}${file.slice(dot)}`,
    `${file}.index.${variant}.json`,
    `${file}.${variant}.index.json`,
  ];
}

/** The variant in a file's name, or nothing. Shards have none of their own: their index names them. */
function variantOf(name: string, files: readonly string[]): readonly string[] {
  const found = files.flatMap((file) => {
    const dot = file.lastIndexOf(".");
    return [
      between(name, `${file.slice(0, dot)}.`, file.slice(dot)),
      between(name, `${file}.index.`, ".json"),
    ];
  });
  return found.filter((variant) => /^[\w-]+$/.test(variant) && !/-of-\d+$/.test(variant));
}

/** Empty where `name` does not begin and end so. */
const between = (name: string, start: string, end: string): string =>
  name.startsWith(start) && name.endsWith(end) ? name.slice(start.length, -end.length) : "";
