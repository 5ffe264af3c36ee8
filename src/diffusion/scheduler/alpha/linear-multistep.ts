/**
 * @file Adams–Bashforth combinations of past model outputs. Knows no schedule.
 *
 * Matches: `step_plms` of diffusers `PNDMScheduler`; Liu et al. 2022, "Pseudo Numerical Methods for Diffusion
 * Models on Manifolds", formula (12). Float32 after every operation, in the reference's order.
 */

/** The most outputs that a combination looks back on. */
export const MULTISTEP_ORDER = 4;

/** `history` holds 1 to 4 outputs of equal length, the newest last. A single one is returned as it is. */
export function combineHistory(history: readonly Float32Array[]): Float32Array {
  const [e1, e2, e3, e4] = history.toReversed();
  if (!e1) throw new RangeError("no model output to combine; this is a bug");
  if (!e2) return e1;
  const out = new Float32Array(e1.length);
  const round = Math.fround;
  if (!e3) {
    for (let i = 0; i < out.length; i++) {
      out[i] = round(round(3 * (e1[i] ?? 0)) - (e2[i] ?? 0)) / 2;
    }
  } else if (!e4) {
    for (let i = 0; i < out.length; i++) {
      const newer = round(round(23 * (e1[i] ?? 0)) - round(16 * (e2[i] ?? 0)));
      out[i] = round(newer + round(5 * (e3[i] ?? 0))) / 12;
    }
  } else {
    const twentyFourth = round(1 / 24);
    for (let i = 0; i < out.length; i++) {
      const newer = round(round(55 * (e1[i] ?? 0)) - round(59 * (e2[i] ?? 0)));
      const sum = round(round(newer + round(37 * (e3[i] ?? 0))) - round(9 * (e4[i] ?? 0)));
      out[i] = twentyFourth * sum;
    }
  }
  return out;
}
