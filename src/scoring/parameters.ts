/**
 * @file The parameters of a request: which are known, what each may be, and which win. Knows no row and no image, and
 * not what a parameter does.
 */
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { expectation, type ParameterLimits, parametersWithin } from "./parameter-schema.js";
import { preview } from "./preview.js";
import type { Problems } from "./problems.js";
import { type RowParameters, rowParameters } from "./row-parameters.js";
import type { InpaintParameters } from "./wire-types.generated.js";

export type { ParameterLimits } from "./parameter-schema.js";
export type { RowParameters } from "./row-parameters.js";

export interface ParameterReader {
  readonly names: readonly string[];
  /**
   * The known parameters that `look` finds, when each is of the right kind; otherwise undefined, and each
   * bad one is added to `problems` under `where`. Null is the same as absent.
   */
  read(look: (name: string) => unknown, where: string, problems: Problems): InpaintParameters | undefined;
  /**
   * One row's parameters: `row` wins over `common`, defaults fill the rest. Undefined, and a problem under `where`,
   * for what makes no sense together.
   */
  resolve(
    common: InpaintParameters,
    row: InpaintParameters,
    where: string,
    problems: Problems,
  ): RowParameters | undefined;
}

export function createParameterReader(limits: ParameterLimits): ParameterReader {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, verbose: true });
  const schema = parametersWithin(limits);
  const validate = ajv.compile<InpaintParameters>(schema);
  const expected = new Map(
    Object.entries(schema.properties).map(([name, property]) => [name, expectation(property)]),
  );
  const names = [...expected.keys()];

  function report(errors: readonly ErrorObject[], where: string, problems: Problems): void {
    const seen = new Set<string>();
    for (const { instancePath, data } of errors) {
      const name = instancePath.slice(1);
      if (seen.has(name)) continue; // one value may break two keywords of the schema
      seen.add(name);
      problems.add(`${where}.${name}`, `expected ${expected.get(name)}, got ${preview(data)}`);
    }
  }

  return {
    names,
    read(look, where, problems) {
      const given = Object.fromEntries(
        names
          .map((name) => [name, look(name)] as const)
          .filter(([, value]) => value !== undefined && value !== null),
      );
      if (validate(given)) return given;
      report(validate.errors ?? [], where, problems);
      return undefined;
    },
    resolve(common, row, where, problems) {
      return rowParameters({ ...common, ...row }, limits, where, problems);
    },
  };
}
