/**
 * @file Which checkpoint is meant by the path an operator named. Knows the order of preference among those that are
 * there; opens none of them.
 *
 * The order: a diffusers folder before a single file, `.safetensors` before `.ckpt`, and among files of one kind the
 * variant that was asked for, or else those that are not marked as half precision. What is left must be one.
 */
import { stat } from "node:fs/promises";
import { basename, extname, join, relative } from "node:path";
import { InpaintError } from "../../errors/inpaint-error.js";
import { type Candidate, MODEL_INDEX, searchCheckpoints } from "./search-checkpoints.js";

export interface FoundCheckpoint {
  readonly layout: Candidate["layout"];
  /** Of the diffusers folder, or of the single file. */
  readonly path: string;
  /** Why this one, in one sentence for the log. */
  readonly reason: string;
  /** The checkpoints that are there too. */
  readonly notTaken: readonly string[];
}

const MAX_LISTED = 5;

/** `path` is of a checkpoint, or of a folder that holds one a few levels down. Throws INVALID_CHECKPOINT. */
export async function findCheckpoint(path: string, variant?: string): Promise<FoundCheckpoint> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) {
    return { layout: "single-file", path, reason: "this file was named", notTaken: [] };
  }
  if (!found?.isDirectory()) throw invalid(`${path}: there is no such file or folder`);
  const { candidates, linksOut, unreadable } = await searchCheckpoints(path);
  const first = best(candidates, variant);
  const [taken] = first;
  if (taken === undefined) {
    const outside = linksOut.length === 0 ? "" : `; links out of it are not followed: ${listed(linksOut)}`;
    const closed = unreadable.length === 0 ? "" : `; may not be read: ${listed(unreadable)}`;
    throw invalid(
      `${join(path, MODEL_INDEX)}: this file is missing, and no other checkpoint was found in ${path}` +
        outside +
        closed,
    );
  }
  if (first.length > 1) {
    const names = first.map((candidate) => relative(path, candidate.path));
    throw invalid(`${path}: holds several checkpoints (${listed(names)}); name one of them`);
  }
  const notTaken = candidates.filter((candidate) => candidate !== taken).map((candidate) => candidate.path);
  return { layout: taken.layout, path: taken.path, reason: reasonOf(taken, candidates, variant), notTaken };
}

/** The candidates that nothing is preferred to. */
function best(candidates: readonly Candidate[], variant: string | undefined): readonly Candidate[] {
  const ranked = candidates.map((candidate) => ({ candidate, rank: rankOf(candidate, variant) }));
  const lowest = Math.min(...ranked.map(({ rank }) => rank));
  return ranked.filter(({ rank }) => rank === lowest).map(({ candidate }) => candidate);
}

function rankOf({ layout, path }: Candidate, variant: string | undefined): number {
  if (layout === "diffusers") return 0;
  const format = extname(path).toLowerCase() === ".safetensors" ? 1 : 2;
  return 2 * format + (isPreferredVariant(path, variant) ? 0 : 1);
}

/** Single files carry their precision in their name, set off by a dot, a dash or an underscore. */
export function isPreferredVariant(path: string, variant: string | undefined): boolean {
  const marks = basename(path).toLowerCase().split(/[._-]/);
  return variant === undefined
    ? !marks.some((mark) => mark === "fp16" || mark === "bf16" || mark === "half")
    : marks.includes(variant.toLowerCase());
}

function reasonOf(taken: Candidate, candidates: readonly Candidate[], variant: string | undefined): string {
  const what = taken.layout === "diffusers" ? "a diffusers folder" : "a single-file checkpoint";
  const where = taken.container === "" ? what : `${what} ${taken.container}`;
  if (candidates.length === 1) return `${where}, the only checkpoint there`;
  if (taken.layout === "diffusers") return `${where}, preferred to single files`;
  const others = candidates.filter((other) => other !== taken && extname(other.path) === extname(taken.path));
  if (others.length === 0) return `${where}, .safetensors preferred to .ckpt`;
  return `${where}, ${variant === undefined ? "preferred to half-precision copies" : `the variant ${variant}`}`;
}

const listed = (names: readonly string[]) =>
  [...names].sort().slice(0, MAX_LISTED).join(", ") + (names.length > MAX_LISTED ? ", …" : "");

const invalid = (message: string) => new InpaintError("INVALID_CHECKPOINT", message);
