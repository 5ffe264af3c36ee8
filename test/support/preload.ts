/** @file Code that runs in a worker before anything of ours, as NODE_OPTIONS of the server would make it. */

/** The environment of a worker that runs `code`, a module, first. */
export function preloading(code: string): Readonly<Record<string, string | undefined>> {
  return { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}
