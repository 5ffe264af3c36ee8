/**
 * @file Every checkpoint below a folder: diffusers folders and single files, in whatever container they lie.
 * Knows what each layout looks like from outside; opens no weights and prefers none.
 */
import type { Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { InpaintError } from "../../errors/inpaint-error.js";
import { isWithin } from "../files/path-within.js";

/** Every diffusers checkpoint has it at its top. */
export const MODEL_INDEX = "model_index.json";

/** AZUREML_MODEL_DIR/name/version/mlflow_model_folder/artifacts/name is five levels down. */
const MAX_DEPTH = 6;
/** A diffusers folder has about thirty files; this many is a whole disk, and somebody else's. */
const MAX_ENTRIES = 20_000;
/** A commit's hash has 40 digits. */
const MAX_REVISION_CHARS = 200;

export interface Candidate {
  readonly layout: "diffusers" | "single-file";
  readonly path: string;
  /** What it was found in, for the log; empty where it lies openly. */
  readonly container: string;
}

export interface SearchResult {
  readonly candidates: readonly Candidate[];
  /** Links to folders elsewhere, which were left alone. */
  readonly linksOut: readonly string[];
  /** Folders that may not be looked into, as a disk's `lost+found`. */
  readonly unreadable: readonly string[];
}

/** `folder` exists. Throws INVALID_CHECKPOINT when it holds too much to be searched. */
export async function searchCheckpoints(folder: string): Promise<SearchResult> {
  const search = new Search(await realpath(folder), folder);
  await search.visit(folder, 0, "");
  return search;
}

class Search {
  readonly candidates: Candidate[] = [];
  readonly linksOut: string[] = [];
  readonly unreadable: string[] = [];
  readonly #realRoot: string;
  readonly #root: string;
  readonly #visited = new Set<string>();
  #entries = 0;

  constructor(realRoot: string, root: string) {
    this.#realRoot = realRoot;
    this.#root = root;
  }

  /** Depth first, in alphabetical order, each real folder once. */
  async visit(folder: string, depth: number, container: string): Promise<void> {
    const real = await realpath(folder);
    if (this.#visited.has(real)) return;
    this.#visited.add(real);
    const entries = await this.#list(folder);
    if (entries === undefined) return;
    const names = new Set(entries.map(({ name }) => name));
    const inside = names.has("MLmodel") ? "in an MLflow folder" : container;
    if (names.has("snapshots") && basename(folder).startsWith("models--")) {
      return this.visitRepository(folder, depth);
    }
    for (const { name } of entries) {
      if (isSingleFileName(name, names) && (await isFile(join(folder, name)))) {
        this.candidates.push({ layout: "single-file", path: join(folder, name), container: inside });
      }
    }
    if (names.has(MODEL_INDEX) && (await isFile(join(folder, MODEL_INDEX)))) {
      this.candidates.push({ layout: "diffusers", path: folder, container: inside });
      return; // what lies below are its components
    }
    if (depth === MAX_DEPTH) return;
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory() || (entry.isSymbolicLink() && (await this.#isFolderWithin(path)))) {
        await this.visit(path, depth + 1, inside);
      }
    }
  }

  /** One repository of a hub cache: its files are links in `snapshots/<revision>`, `refs/main` names the revision. */
  async visitRepository(folder: string, depth: number): Promise<void> {
    const snapshots = join(folder, "snapshots");
    const revisions = ((await this.#list(snapshots)) ?? []).map(({ name }) => name);
    const main = await readRevision(join(folder, "refs", "main"));
    const [only] = revisions;
    const revision = main !== undefined && revisions.includes(main) ? main : only;
    if (revision === undefined) return;
    if (revision !== main && revisions.length > 1) {
      throw new InpaintError(
        "INVALID_CHECKPOINT",
        `${snapshots}: holds ${revisions.length} revisions, and refs/main names none of them; name one of its folders`,
      );
    }
    const how = revision === main ? "which refs/main names" : "the only one";
    const container = `in a hub cache, revision ${revision}, ${how}`;
    await this.visit(join(snapshots, revision), Math.min(depth + 2, MAX_DEPTH), container);
  }

  /** Undefined where it may not be read. */
  async #list(folder: string): Promise<readonly Dirent[] | undefined> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) {
      this.unreadable.push(folder);
      return undefined;
    }
    this.#entries += entries.length;
    if (this.#entries > MAX_ENTRIES) {
      throw new InpaintError(
        "INVALID_CHECKPOINT",
        `${this.#root}: more than ${MAX_ENTRIES} files were looked at; name the checkpoint's own folder`,
      );
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #isFolderWithin(path: string): Promise<boolean> {
    if (!(await stat(path).catch(() => undefined))?.isDirectory()) return false;
    const real = await realpath(path);
    const within = isWithin(this.#realRoot, real);
    if (!within) this.linksOut.push(path);
    return within;
  }
}

/** The weights of a component lie beside its config.json; whole checkpoints do not. */
function isSingleFileName(name: string, beside: ReadonlySet<string>): boolean {
  return (
    /\.(safetensors|ckpt)$/i.test(name) &&
    !name.startsWith(".") &&
    !name.startsWith("diffusion_pytorch_model") &&
    !beside.has("config.json")
  );
}

/** Undefined where there is no such file, or one that is no revision's name. */
async function readRevision(path: string): Promise<string | undefined> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size === 0 || size > MAX_REVISION_CHARS) return undefined;
  return (await readFile(path, "utf8")).trim();
}

const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() ?? false;
