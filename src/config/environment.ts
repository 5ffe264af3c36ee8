/** @file The environment that settings are read from. Knows how a variable is absent; knows no setting. */

/** As `process.env`: an absent variable is undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as absent: compose files and shells pass `PORT=` for "not set". */
export function readVariable(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}
