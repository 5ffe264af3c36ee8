/** @file `model pull`: options and environment in, a folder that can be served out. */
import { resolve } from "node:path";
import {
  checkHubAddress,
  DEFAULT_IDLE_TIMEOUT_MS,
  DEFAULT_RETRY_POLICY,
} from "../checkpoint/pull/hub-connection.js";
import { defaultDirectory, type Pulled, pull } from "../checkpoint/pull/pull.js";
import { LAST_FILE } from "../checkpoint/pull/wanted-files.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { formatBytes } from "./format-bytes.js";
import { createPullProgress, type ProgressStyle } from "./pull-progress.js";
import { listenForStop } from "./stop-signals.js";

export interface PullFlags {
  readonly revision: string;
  readonly variant?: string;
  readonly to?: string;
  readonly file: readonly string[];
  readonly json?: boolean;
}

/** An empty variable counts as absent, as for every setting. */
function readVariable(...names: readonly string[]): string | undefined {
  return names.map((name) => process.env[name]?.trim()).find((value) => value !== undefined && value !== "");
}

/** The exit code. Throws what `pull` throws, but says by itself that it was stopped. */
export async function modelPull(repo: string, flags: PullFlags): Promise<number> {
  const address = checkHubAddress({
    endpoint: readVariable("HF_ENDPOINT"),
    token: readVariable("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
  });
  const stop = listenForStop();
  const style: ProgressStyle = flags.json === true ? "json" : process.stderr.isTTY ? "bar" : "lines";
  const progress = createPullProgress(style, style === "json" ? process.stdout : process.stderr);
  const connection = {
    ...address,
    signal: stop.signal,
    retry: DEFAULT_RETRY_POLICY,
    idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
  };
  const directory = resolve(flags.to ?? defaultDirectory(repo));
  const order = { repo, revision: flags.revision, variant: flags.variant, only: flags.file, directory };
  try {
    const pulled = await pull(connection, order, (event) => progress.report(event));
    progress.end();
    process.stdout.write(
      style === "json"
        ? `${JSON.stringify({ event: "done", directory, ...pulled })}\n`
        : report(directory, pulled),
    );
    return 0;
  } catch (error) {
    progress.end();
    if (stop.exitCode === undefined || !(error instanceof InpaintError && error.code === "CANCELLED"))
      throw error;
    process.stderr.write("inpaint-server: stopped; the same command goes on where it was\n");
    return stop.exitCode;
  } finally {
    stop.ignore();
  }
}

function report(directory: string, { commit, files, changed }: Pulled): string {
  const bytes = formatBytes(files.reduce((total, { size }) => total + size, 0));
  const what = changed ? "complete, every file verified" : "there already";
  const quoted = /^[\w./-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", `'\\''`)}'`;
  const isFolder = files.some(({ path }) => path === LAST_FILE);
  const hint = isFolder ? "" : "  # a single file; TOKENIZER_DIR must name a folder with its tokenizer";
  return (
    `${files.length} files, ${bytes}, commit ${commit}: ${what}\n` +
    `serve it:  MODEL_DIR=${quoted} npm start${hint}\n`
  );
}
