/**
 * @file The parameters for every row, from the four places they may stand in. Knows the places and which of them wins;
 * knows no parameter.
 */
import { isObject, type JsonObject, own, refuseUnknownKeys } from "./json-object.js";
import { PARAMETER_KEYS } from "./parameter-keys.js";
import type { ParameterReader } from "./parameters.js";
import { preview } from "./preview.js";
import type { Problems } from "./problems.js";
import type { InpaintParameters } from "./wire-types.generated.js";

function readPlace(
  given: unknown,
  where: string,
  reader: ParameterReader,
  problems: Problems,
): InpaintParameters | undefined {
  if (given === undefined || given === null) return {};
  if (!isObject(given)) {
    problems.add(where, `expected an object, got ${preview(given)}`);
    return undefined;
  }
  refuseUnknownKeys(given, reader.names, where, "parameter", problems);
  return reader.read(
    (name) => own(given, name),
    (name) => `${where}.${name}`,
    problems,
  );
}

export interface CommonParametersOptions {
  /** The key of the body that holds the rows. */
  readonly name: string;
  /** What is there: in an object there is room for parameters. */
  readonly input: unknown;
  readonly reader: ParameterReader;
  readonly problems: Problems;
}

/**
 * What is given inside, beside the rows, wins over the body's own; there and here `parameters` wins over `params`. Every
 * place is checked, whichever wins. Undefined when a problem was added.
 */
export function commonParameters(
  body: JsonObject,
  { name, input, reader, problems }: CommonParametersOptions,
): InpaintParameters | undefined {
  const outer = PARAMETER_KEYS.map((key) => readPlace(own(body, key), key, reader, problems));
  const inner = PARAMETER_KEYS.map((key) =>
    readPlace(isObject(input) ? own(input, key) : undefined, `${name}.${key}`, reader, problems),
  );
  const merged: InpaintParameters = {};
  for (const place of [...outer, ...inner]) {
    if (place === undefined) return undefined;
    Object.assign(merged, place);
  }
  return merged;
}
