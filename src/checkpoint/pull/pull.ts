/**
 * @file Fetches a checkpoint from the hub into a folder: listing, choice, lock, space, files, manifest. Can be stopped
 * at any moment and called again. Files get their names one by one when verified, model_index.json as the last: until
 * then no one takes the folder for a checkpoint.
 */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { InpaintError } from "../../errors/inpaint-error.js";
import {
  INCOMPLETE_SUFFIX,
  MAX_PULLED_FILES,
  PULLED_MANIFEST,
  type PulledFile,
  type PulledManifest,
  readPulledManifest,
  writePulledManifest,
} from "../pulled-manifest.js";
import { expectDiskSpace } from "./disk-space.js";
import { downloadFile } from "./download-file.js";
import type { HubConnection } from "./hub-connection.js";
import { hubGet } from "./hub-get.js";
import { listRepo } from "./hub-listing.js";
import { PassingFault } from "./passing-fault.js";
import { LOCK_FILE, lockFolder } from "./pull-lock.js";
import { LAST_FILE, wantedFiles } from "./wanted-files.js";

export interface PullOrder {
  readonly repo: string;
  readonly revision: string;
  readonly variant: string | undefined;
  /** Exactly these files; empty: those that the server needs. */
  readonly only: readonly string[];
  readonly directory: string;
}

/** What happens, as it happens. Sizes and positions are bytes. */
export type PullEvent =
  | {
      readonly event: "plan";
      readonly repo: string;
      readonly commit: string;
      readonly directory: string;
      readonly files: number;
      readonly bytes: number;
      /** Of these, what is there from before, finished or not. */
      readonly bytesHere: number;
    }
  | { readonly event: "note"; readonly text: string }
  | { readonly event: "start"; readonly path: string; readonly bytes: number }
  | { readonly event: "position"; readonly path: string; readonly position: number; readonly bytes: number }
  | { readonly event: "retry"; readonly path: string; readonly reason: string }
  | { readonly event: "discard"; readonly path: string; readonly reason: string }
  | { readonly event: "verified"; readonly path: string; readonly hash: string };

export interface Pulled {
  readonly commit: string;
  readonly files: readonly PulledFile[];
  /** False when everything was there already. */
  readonly changed: boolean;
}

/** Throws PULL_FAILED with one sentence that says what to do about it, or CANCELLED. */
export async function pull(
  connection: HubConnection,
  order: PullOrder,
  report: (event: PullEvent) => void,
): Promise<Pulled> {
  const { repo, revision, directory } = order;
  const listing = await listRepo(connection, repo, revision);
  const { files, notes } = wantedFiles(listing.files, order);
  refuseReserved(files);
  const isFirst = (await readPulledManifest(directory)) === undefined;
  if (listing.isGated && isFirst) await expectAccess(connection, repo, listing.commit, files);
  for (const text of notes) report({ event: "note", text });

  await mkdir(directory, { recursive: true });
  const release = await lockFolder(directory);
  try {
    const { commit } = listing;
    const earlier = await readPulledManifest(directory);
    await expectOwnFolder(directory, earlier, { repo, commit });
    if (earlier !== undefined) await removeOutdated(directory, earlier, commit, files);
    const also = earlier === undefined ? [] : await wholeBeside(directory, earlier, files);

    const found = await Promise.all(files.map((file) => bytesHere(directory, file)));
    const bytes = files.reduce((total, { size }) => total + size, 0);
    const bytesFound = found.reduce((total, here) => total + here.bytes, 0);
    report({ event: "plan", repo, commit, directory, files: files.length, bytes, bytesHere: bytesFound });

    const missing = files.filter((_, i) => found[i]?.isWhole === false);
    const isKnown = (file: PulledFile) => earlier?.files.some(({ path }) => path === file.path) === true;
    if (earlier?.complete === true && missing.length === 0 && files.every(isKnown)) {
      return { commit, files, changed: false };
    }
    await expectDiskSpace(directory, bytes - bytesFound);
    const manifest = { repo, revision, commit, files: [...also, ...files] };
    await writePulledManifest(directory, { ...manifest, complete: false });
    for (const file of missing) await fetchFile(connection, { ...order, commit }, file, report);
    await writePulledManifest(directory, { ...manifest, complete: true });
    return { commit, files, changed: true };
  } finally {
    await release();
  }
}

async function fetchFile(
  connection: HubConnection,
  { repo, commit, directory }: PullOrder & { readonly commit: string },
  file: PulledFile,
  report: (event: PullEvent) => void,
): Promise<void> {
  const { path, size: bytes } = file;
  report({ event: "start", path, bytes });
  const url = addressOf(connection, repo, commit, path);
  await downloadFile(connection, url, join(directory, path), file, {
    onPosition: (position) => report({ event: "position", path, position, bytes }),
    onRetry: (reason) => report({ event: "retry", path, reason }),
    onDiscard: (reason) => report({ event: "discard", path, reason }),
  });
  report({ event: "verified", path, hash: `${file.hash.algorithm} ${file.hash.hex}` });
}

function addressOf({ endpoint }: HubConnection, repo: string, commit: string, path: string): string {
  return `${endpoint}/${repo}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** One byte of one file, before there is a folder: who may not have them is to hear of it at once. */
async function expectAccess(
  connection: HubConnection,
  repo: string,
  commit: string,
  [file]: readonly PulledFile[],
): Promise<void> {
  if (file === undefined) return;
  const url = addressOf(connection, repo, commit, file.path);
  const reply = await hubGet(connection, url, { what: repo, headers: { range: "bytes=0-0" } }).catch(
    (error: unknown) => {
      if (!(error instanceof PassingFault)) throw error; // what passes is the download's to wait for
    },
  );
  reply?.close();
}

/** Names that a pull uses for itself must not come from the hub. */
function refuseReserved(files: readonly PulledFile[]): void {
  if (files.length > MAX_PULLED_FILES) {
    throw failed(`${files.length} files; at most ${MAX_PULLED_FILES} are pulled`);
  }
  for (const { path } of files) {
    const isOwn = path.startsWith(PULLED_MANIFEST) || path.startsWith(LOCK_FILE);
    if (isOwn || path.endsWith(INCOMPLETE_SUFFIX)) throw failed(`${path}: a pull keeps that name for itself`);
  }
}

/** A folder that holds anything else is left alone, and so is a finished checkpoint of another commit. */
async function expectOwnFolder(
  directory: string,
  earlier: PulledManifest | undefined,
  { repo, commit }: { readonly repo: string; readonly commit: string },
): Promise<void> {
  if (earlier === undefined) {
    const own = [LOCK_FILE, `${PULLED_MANIFEST}${INCOMPLETE_SUFFIX}`];
    const foreign = (await readdir(directory)).filter((name) => !own.includes(name));
    if (foreign.length === 0) return;
    throw failed(
      `${directory} holds other files (${foreign.sort().slice(0, 3).join(", ")}); name an empty folder with --to`,
    );
  }
  if (earlier.repo !== repo)
    throw failed(`${directory} holds ${earlier.repo}; name another folder with --to`);
  if (earlier.complete && earlier.commit !== commit) {
    throw failed(
      `${directory} holds commit ${earlier.commit} of ${repo}, and the hub now has ${commit}: ` +
        "name another folder with --to, or the commit with --revision",
    );
  }
}

/**
 * What an earlier pull left and this one has no use for: files whose content is another at this commit, beginnings of
 * files that are no longer asked for. An unfinished folder that changes its commit is no checkpoint meanwhile.
 */
async function removeOutdated(
  directory: string,
  earlier: PulledManifest,
  commit: string,
  files: readonly PulledFile[],
): Promise<void> {
  const remove = (path: string) => rm(join(directory, path), { force: true });
  if (earlier.commit !== commit) await remove(LAST_FILE);
  for (const { path, hash } of earlier.files) {
    const wanted = files.find((file) => file.path === path);
    if (wanted?.hash.hex !== hash.hex) await remove(path + INCOMPLETE_SUFFIX);
    if (wanted === undefined ? earlier.commit !== commit : wanted.hash.hex !== hash.hex) await remove(path);
  }
}

/** Files of an earlier pull of the same commit, of another variant say, that stay beside those of this one. */
async function wholeBeside(
  directory: string,
  earlier: PulledManifest,
  files: readonly PulledFile[],
): Promise<readonly PulledFile[]> {
  const others = earlier.files.filter(({ path }) => !files.some((file) => file.path === path));
  const found = await Promise.all(others.map((file) => bytesHere(directory, file)));
  return others.filter((_, i) => found[i]?.isWhole === true);
}

/** How much of a file is there. One under its own name was verified before it got it. */
async function bytesHere(
  directory: string,
  { path, size }: PulledFile,
): Promise<{ readonly isWhole: boolean; readonly bytes: number }> {
  const whole = await stat(join(directory, path)).catch(() => undefined);
  if (whole?.isFile() && whole.size === size) return { isWhole: true, bytes: size };
  if (whole !== undefined) {
    throw failed(`${join(directory, path)} is not the file that was pulled; delete it and try again`);
  }
  const partial = await stat(join(directory, path + INCOMPLETE_SUFFIX)).catch(() => undefined);
  return { isWhole: false, bytes: partial !== undefined && partial.size <= size ? partial.size : 0 };
}

const failed = (message: string) => new InpaintError("PULL_FAILED", message);

/** Where a pull goes when no folder is named: below the current one, under the repository's own name. */
export const defaultDirectory = (repo: string): string => join(".", repo.slice(repo.lastIndexOf("/") + 1));
