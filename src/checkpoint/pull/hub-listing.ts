/**
 * @file What a repository of the hub holds at one commit, every entry checked. The only importer of the hub's library,
 * which lists; it is given our own fetch, because it would send the token wherever a next page is said to lie, refuses
 * tokens that do not begin with hf_, and never retries.
 */
import { listFiles, modelInfo } from "@huggingface/hub";
import { z } from "zod";
import { InpaintError } from "../../errors/inpaint-error.js";
import { schemaProblems } from "../files/schema-problems.js";
import { isSafePath, type PulledFile } from "../pulled-manifest.js";
import type { HubConnection } from "./hub-connection.js";
import { hubGet } from "./hub-get.js";
import { PassingFault, waitToRetry } from "./passing-fault.js";

/** Caps for an answer we did not write. A page of the hub has 1000 entries of about 300 bytes. */
const MAX_PAGE_BYTES = 16_000_000;
const MAX_REQUESTS = 100;
const MAX_ENTRIES = 10_000;
/** Far above any checkpoint: the largest shard that the hub takes has 50 GB. */
const MAX_FILE_BYTES = 2 ** 40;

const OID = /^[0-9a-f]{40}$/;

const infoSchema = z.object({
  sha: z.string().regex(OID),
  gated: z.union([z.boolean(), z.string()]).optional(),
});
const entrySchema = z.object({
  type: z.string(),
  path: z.string(),
  size: z.int().nonnegative().max(MAX_FILE_BYTES),
  oid: z.string().regex(OID),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).optional(),
});

export interface RepoListing {
  /** The commit that `revision` stands for now. */
  readonly commit: string;
  /** Anyone may list the files, but only who has accepted the terms may have them. */
  readonly isGated: boolean;
  readonly files: readonly PulledFile[];
}

/** `org/name`, or a name alone as old repositories have it. Throws PULL_FAILED on anything else. */
export function checkRepoId(repo: string): void {
  if (!/^[\w.-]{1,96}(\/[\w.-]{1,96})?$/.test(repo) || /(^|\/)\.{1,2}(\/|$)/.test(repo)) {
    throw failed(
      `${JSON.stringify(repo).slice(0, 200)} is no id of the hub; expected one as sd2-community/stable-diffusion-2-inpainting`,
    );
  }
}

/** Throws PULL_FAILED naming what is wrong with the repository or its listing, or CANCELLED. */
export async function listRepo(
  connection: HubConnection,
  repo: string,
  revision: string,
): Promise<RepoListing> {
  checkRepoId(repo);
  const what = `${repo}, revision ${revision}`;
  const shared = { hubUrl: connection.endpoint, fetch: listingFetch(connection, what) };
  try {
    const info = await modelInfo({ name: repo, revision, additionalFields: ["sha"], ...shared });
    const { sha: commit, gated = false } = check(infoSchema, info, `${what}: what the hub says of it`);
    const files: PulledFile[] = [];
    let entries = 0;
    for await (const item of listFiles({
      repo: { type: "model", name: repo },
      revision: commit,
      recursive: true,
      ...shared,
    })) {
      if (++entries > MAX_ENTRIES) throw failed(`${what}: more than ${MAX_ENTRIES} files`);
      const entry = check(entrySchema, item, `${what}: entry ${entries} of its listing`);
      if (!isSafePath(entry.path)) {
        const shown = JSON.stringify(entry.path).slice(0, 200);
        throw failed(
          `${what}: its listing names ${shown}, which would not lie below the folder; nothing is taken`,
        );
      }
      if (entry.type === "file") files.push(toFile(entry, what));
    }
    return { commit, isGated: gated !== false, files };
  } catch (error) {
    if (error instanceof InpaintError) throw error;
    throw failed(`${what}: the hub's listing cannot be read: ${String(error)}`, error);
  }
}

function toFile({ path, size, oid, lfs }: z.output<typeof entrySchema>, what: string): PulledFile {
  if (lfs === undefined) return { path, size, hash: { algorithm: "git-sha1", hex: oid } };
  if (lfs.size !== size)
    throw failed(`${what}: the listing gives ${path} two sizes, ${size} and ${lfs.size}`);
  return { path, size, hash: { algorithm: "sha256", hex: lfs.oid } };
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw failed(`${what} is not as expected: ${schemaProblems(result.error)}`);
}

/** A fetch for the library: GET, retried, bounded, to the hub alone. */
function listingFetch(connection: HubConnection, what: string): typeof fetch {
  let requests = 0;
  return async (input) => {
    const address = input instanceof Request ? input.url : String(input);
    if (new URL(address).origin !== new URL(connection.endpoint).origin) {
      throw failed(`${what}: the listing goes on at ${new URL(address).origin}, which is not the hub`);
    }
    if (++requests > MAX_REQUESTS) throw failed(`${what}: the listing has more than ${MAX_REQUESTS} pages`);
    for (let failures = 1; ; failures++) {
      try {
        return await getPage(connection, address, what);
      } catch (error) {
        if (!(error instanceof PassingFault)) throw error;
        if (failures >= connection.retry.maxFailures) throw failed(error.message, error);
        await waitToRetry(connection, failures, error);
      }
    }
  };
}

async function getPage(connection: HubConnection, address: string, what: string): Promise<Response> {
  const reply = await hubGet(connection, address, { what, headers: { accept: "application/json" } });
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of reply.body) {
      size += chunk.length;
      if (size > MAX_PAGE_BYTES)
        throw failed(`${what}: a page of the listing exceeds ${MAX_PAGE_BYTES} bytes`);
      chunks.push(chunk);
    }
    const link = reply.headers.get("link");
    return new Response(Buffer.concat(chunks), {
      status: reply.status,
      headers: { "content-type": "application/json", ...(link === null ? {} : { link }) },
    });
  } finally {
    reply.close();
  }
}

const failed = (message: string, cause?: unknown) => new InpaintError("PULL_FAILED", message, { cause });
