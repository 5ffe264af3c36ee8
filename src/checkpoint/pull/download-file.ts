/**
 * @file One file from the hub to the disk: resumed where it stopped, verified, or an error that says what was wrong.
 * Knows ranges and retries; knows nothing of the other files.
 *
 * A resumed body is tied to the first one by its ETag as long as this process lives. Beyond that the address names a
 * commit, whose files cannot change, and the hash has the last word.
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import type { PulledFile } from "../pulled-manifest.js";
import type { HubConnection } from "./hub-connection.js";
import { type HubReply, hubGet } from "./hub-get.js";
import { PartialFile } from "./partial-file.js";
import { PassingFault, waitToRetry } from "./passing-fault.js";

/** An attempt that brought so much more than any before it pays for the failures until then. */
const PROGRESS_BYTES = 1 << 20;
/** A body may be damaged on its way once. */
const MAX_WRONG_BODIES = 2;

export interface DownloadEvents {
  /** Bytes of the file that are on the disk; fewer than before when it starts anew. */
  onPosition(position: number): void;
  /** An attempt failed and another follows. */
  onRetry(reason: string): void;
  /** What arrived was not the file, and was deleted. */
  onDiscard(reason: string): void;
}

/** The bytes that arrived are not the file that the hub's listing names. */
class WrongBody extends Error {}

/**
 * Fetches `url` to `path`, which does not exist yet. Throws PULL_FAILED when the hub refuses, nothing more arrives, or
 * what arrives is wrong twice (it is deleted); CANCELLED when the connection's signal aborts (what arrived stays).
 */
export async function downloadFile(
  connection: HubConnection,
  url: string,
  path: string,
  file: PulledFile,
  events: DownloadEvents,
): Promise<void> {
  const partial = await PartialFile.open(path, file, connection.signal);
  try {
    events.onPosition(partial.position);
    for (let wrongBodies = 0; !partial.isVerified; ) {
      try {
        await fill(connection, url, partial, file, events);
        if (!partial.isVerified) {
          throw new WrongBody(`${file.size} bytes arrived, but their ${file.hash.algorithm} is another`);
        }
      } catch (error) {
        if (!(error instanceof WrongBody)) throw error;
        await partial.restart();
        events.onPosition(0);
        events.onDiscard(error.message);
        if (++wrongBodies < MAX_WRONG_BODIES) continue;
        await partial.discard();
        throw failed(
          `${file.path}: ${error.message}, ${MAX_WRONG_BODIES} times; what arrived was deleted`,
          error,
        );
      }
    }
    await partial.publish();
  } finally {
    await partial.close();
  }
}

/** Attempt after attempt until the file has its length. */
async function fill(
  connection: HubConnection,
  url: string,
  partial: PartialFile,
  file: PulledFile,
  events: DownloadEvents,
): Promise<void> {
  const source = new Source(connection, url, file);
  let furthest = partial.position;
  let failures = 0;
  while (!partial.isWhole) {
    try {
      await source.continue(partial, events);
    } catch (error) {
      if (!(error instanceof PassingFault)) throw error;
      if (partial.position >= furthest + PROGRESS_BYTES) failures = 0;
      failures++;
      if (failures >= connection.retry.maxFailures) {
        throw failed(
          `${file.path}: ${error.message}; given up after ${failures} attempts, ${partial.position} of ` +
            `${file.size} bytes are kept`,
          error,
        );
      }
      events.onRetry(`${error.message}, at ${partial.position} of ${file.size} bytes`);
      // A connection that breaks after it brought something is taken up again at once.
      await waitToRetry(connection, partial.position > furthest ? 1 : failures, error);
      furthest = Math.max(furthest, partial.position);
    }
  }
}

/** Where the bytes of one file come from. Remembers which body the first ones belong to. */
class Source {
  readonly #connection: HubConnection;
  readonly #url: string;
  readonly #file: PulledFile;
  #etag: string | undefined;

  constructor(connection: HubConnection, url: string, file: PulledFile) {
    this.#connection = connection;
    this.#url = url;
    this.#file = file;
  }

  /** One request from where `partial` stands. Returns when it is whole; throws PassingFault, WrongBody, PULL_FAILED. */
  async continue(partial: PartialFile, events: DownloadEvents): Promise<void> {
    const from = partial.position;
    // Not compressed: a range counts bytes of what is sent.
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (from > 0) headers.range = `bytes=${from}-`;
    if (from > 0 && this.#etag !== undefined) headers["if-range"] = this.#etag;
    const reply = await hubGet(this.#connection, this.#url, {
      what: this.#file.path,
      headers,
      checkFirst: (hubHeaders) => this.#refuseOtherFile(hubHeaders),
    });
    try {
      const begin = await this.#begin(reply, partial);
      if (begin !== from) events.onPosition(begin);
      for await (const chunk of reply.body) {
        if (partial.position + chunk.length > this.#file.size) {
          throw new WrongBody(`more than the ${this.#file.size} bytes of the listing arrived`);
        }
        await partial.append(chunk);
        events.onPosition(partial.position);
      }
      if (!partial.isWhole) throw new PassingFault("the connection ended early");
    } finally {
      reply.close();
    }
  }

  /** The hub tells hash and size of what it is about to send or to redirect to. */
  #refuseOtherFile(hubHeaders: Headers): void {
    const { path, size, hash } = this.#file;
    const linkedSize = hubHeaders.get("x-linked-size");
    const linkedEtag = /^(?:W\/)?"([0-9a-f]{64})"$/.exec(hubHeaders.get("x-linked-etag") ?? "")?.[1];
    if (
      (linkedSize !== null && Number(linkedSize) !== size) ||
      (hash.algorithm === "sha256" && linkedEtag !== undefined && linkedEtag !== hash.hex)
    ) {
      throw failed(`${path}: the hub is about to send another file than its listing names`);
    }
  }

  /** Where in the file the body begins; `partial` stands there. */
  async #begin(reply: HubReply, partial: PartialFile): Promise<number> {
    const { size } = this.#file;
    const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(reply.headers.get("content-range") ?? "");
    const [, first, , total] = range ?? [];
    if (total !== undefined && total !== "*" && Number(total) !== size) {
      throw new WrongBody(`the file has ${total} bytes where it lies, the listing says ${size}`);
    }
    if (reply.status === 416) {
      const from = partial.position;
      await partial.restart();
      throw new PassingFault(`the server has nothing from byte ${from} on`);
    }
    this.#rememberEtag(reply);
    if (reply.status !== 206) {
      // The server does not know ranges, or the body is no longer the one whose first bytes are here.
      if (partial.position > 0) await partial.restart();
      const announced = reply.headers.get("content-length");
      const isPlain = (reply.headers.get("content-encoding") ?? "identity") === "identity";
      if (isPlain && announced !== null && Number(announced) !== size) {
        throw new WrongBody(`${announced} bytes are announced, the listing says ${size}`);
      }
      return 0;
    }
    if (Number(first) !== partial.position) {
      throw new PassingFault(`the server sends another range than asked for`);
    }
    return partial.position;
  }

  /** A weak ETag does not promise equal bytes, so it cannot tie two ranges together. */
  #rememberEtag({ headers }: HubReply): void {
    const etag = headers.get("etag");
    this.#etag = etag?.startsWith('"') ? etag : undefined;
  }
}

const failed = (message: string, cause?: unknown) => new InpaintError("PULL_FAILED", message, { cause });
