/** @file How often the most frequent of several outcomes comes up when none is preferred. Knows no colour. */

/**
 * The largest share of `cases` that the most frequent of `outcomes` equally likely ones has, but for a chance of at
 * most `significance`: the binomial tail, times the number of outcomes (Bonferroni). 1 where even
 * all cases alike would be chance, 0 for no case.
 */
export function largestShareByChance(cases: number, outcomes: number, significance = 0.01): number {
  const probability = 1 / outcomes;
  let tail = 0;
  for (let count = cases; count > 0; count--) {
    tail += binomial(cases, count, probability);
    if (outcomes * tail > significance) return count / cases;
  }
  return 0;
}

function binomial(cases: number, count: number, probability: number): number {
  let logarithm = count * Math.log(probability) + (cases - count) * Math.log(1 - probability);
  for (let i = 1; i <= count; i++) logarithm += Math.log(cases - count + i) - Math.log(i);
  return Math.exp(logarithm);
}
