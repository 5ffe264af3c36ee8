/**
 * @file Two names for every module of a network: the one in a single file and the one that diffusers gives it.
 * Knows how names are made of parts; knows no network.
 */

/** Everything below the first module is called the same below the second. */
export type ModulePair = readonly [inFile: string, today: string];

export class ModuleNames {
  readonly #todayOf: ReadonlyMap<string, string>;
  readonly #inFileOf: ReadonlyMap<string, string>;

  constructor(pairs: readonly ModulePair[]) {
    this.#todayOf = new Map(pairs);
    this.#inFileOf = new Map(pairs.map(([inFile, today]) => [today, inFile]));
  }

  /** Undefined for a name that no pair covers. */
  today(inFile: string): string | undefined {
    return renamed(inFile, this.#todayOf);
  }

  inFile(today: string): string | undefined {
    return renamed(today, this.#inFileOf);
  }
}

/** The longest module that `name` lies in or is counts. */
function renamed(name: string, modules: ReadonlyMap<string, string>): string | undefined {
  let end = name.length;
  while (end > 0) {
    const other = modules.get(name.slice(0, end));
    if (other !== undefined) return other + name.slice(end);
    end = name.lastIndexOf(".", end - 1);
  }
  return undefined;
}

/** Pairs of the parts of a module, below its own pair. */
export const within = ([inFile, today]: ModulePair, parts: readonly ModulePair[]): readonly ModulePair[] =>
  parts.map(([a, b]) => [`${inFile}.${a}`, `${today}.${b}`]);
