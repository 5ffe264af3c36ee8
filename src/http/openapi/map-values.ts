/** @file An object with each of its values changed. Knows no value. */

export function mapValues<In, Out>(
  values: Readonly<Record<string, In>>,
  change: (value: In, key: string) => Out,
): Readonly<Record<string, Out>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)] as const));
}
