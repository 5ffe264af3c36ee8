/**
 * @file The parameters of a request: which are known, what each may be, and which win. Knows no row and no image, and
 * not what a parameter does.
 */
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { expectation, type ParameterLimits, parametersWithin } from "./parameter-schema.js";
import { preview } from "./preview.js";
import type { Problems } from "./problems.js";
import { type RowParameters, rowParameters } from "./row-parameters.js";
import { surrogateProblem } from "./unpaired-surrogate.js";
import type { InpaintParameters } from "./wire-types.generated.js";

export type { ParameterLimits } from "./parameter-schema.js";
export type { RowParameters } from "./row-parameters.js";

export interface ParameterReader {
  readonly names: readonly string[];
  /**
   * The known parameters that `look` finds, when each is of the right kind; otherwise undefined, and each
   * bad one is added to `problems` under its `place`. Null is the same as absent.
   */
  read(
    look: (name: string) => unknown,
    place: (name: string) => string,
    problems: Problems,
  ): InpaintParameters | undefined;
  /**
   * One row's parameters: `row` wins over `common`, defaults fill the rest. Undefined, and a problem under the `place`
   * of each that makes no sense beside the others.
   */
  resolve(
    common: InpaintParameters,
    row: InpaintParameters,
    place: (name: string) => string,
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

  function report(errors: readonly ErrorObject[], place: (name: string) => string, problems: Problems): void {
    const seen = new Set<string>();
    for (const { instancePath, data, keyword } of errors) {
      const name = instancePath.slice(1);
      if (seen.has(name)) continue; // one value may break two keywords of the schema
      seen.add(name);
      // The schema's only pattern is that of text without half pairs.
      const ofText = keyword === "pattern" ? surrogateProblem(String(data)) : undefined;
      problems.add(place(name), ofText ?? `expected ${expected.get(name)}, got ${preview(data)}`);
    }
  }

  return {
    names,
    read(look, place, problems) {
      const given = Object.fromEntries(
        names
          .map((name) => [name, look(name)] as const)
          .filter(([, value]) => value !== undefined && value !== null),
      );
      if (validate(given)) return given;
      report(validate.errors ?? [], place, problems);
      return undefined;
    },
    resolve(common, row, place, problems) {
      return rowParameters({ ...common, ...row }, limits, place, problems);
    },
  };
}
