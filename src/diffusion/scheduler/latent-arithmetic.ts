/** @file Sums and differences of latents, rounded to float32 after every operation as torch does. Knows no solver. */

/** A factor and the latents it multiplies. */
export type Term = readonly [factor: number, values: Float32Array];

/** f₀·x₀ + f₁·x₁ + …, added up from the left. At least one term; all of one length. */
export function weightedSum(terms: readonly Term[]): Float32Array {
  const [first, ...rest] = terms;
  if (!first) throw new RangeError("no terms to add; this is a bug");
  const out = scaled(...first);
  for (const [factor, values] of rest) {
    const scale = Math.fround(factor);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + Math.fround(scale * (values[i] ?? 0));
  }
  return out;
}

/** factor · (a − b) */
export function scaledDifference(factor: number, a: Float32Array, b: Float32Array): Float32Array {
  const scale = Math.fround(factor);
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = scale * Math.fround((a[i] ?? 0) - (b[i] ?? 0));
  return out;
}

/** (a − b) / divisor */
export function differenceQuotient(a: Float32Array, b: Float32Array, divisor: number): Float32Array {
  const by = Math.fround(divisor);
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.fround((a[i] ?? 0) - (b[i] ?? 0)) / by;
  return out;
}

/** values / divisor */
export function quotient(values: Float32Array, divisor: number): Float32Array {
  const by = Math.fround(divisor);
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = (values[i] ?? 0) / by;
  return out;
}

function scaled(factor: number, values: Float32Array): Float32Array {
  const scale = Math.fround(factor);
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = scale * (values[i] ?? 0);
  return out;
}
