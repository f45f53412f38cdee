import { NON_INFERIORITY_BETS } from "./bets.ts";

/**
 * The smallest margin that so many pairs can prove: were candidate and baseline equal on every single case, "the
 * candidate is not worse by more than this" could be said with an error rate of `beta`, without any assumption on
 * how scores are distributed. Testing by betting (Waudby-Smith and Ramdas, "Estimating means of bounded random
 * variables by betting", 2024), with a fixed mixture of seven bets.
 *
 * @param pairs How many cases have both sides scored.
 * @param beta The accepted probability of saying it wrongly, above 0 and below 1. Default 0.05.
 * @returns 0..1; 1 where nothing can be proven.
 *
 * @example
 * ```ts
 * import { provableMargin } from "@keelson/release";
 *
 * for (const pairs of [5, 10, 20, 200]) console.log(pairs, "cases,", Math.ceil(100 * provableMargin(pairs)), "points");
 * // 5 cases, 55 points
 * // 10 cases, 33 points
 * // 20 cases, 19 points
 * // 200 cases, 2 points
 * ```
 */
export function provableMargin(pairs: number, beta = 0.05): number {
  if (pairs <= 0) return 1;
  // With no difference anywhere, what was bet against a margin grows by the same factor with every pair. It is
  // proven once the stake has grown to 1 / beta, and a larger margin is proven the sooner: bisect.
  let [unproven, proven] = [0, 1];
  while (proven - unproven > 1e-6) {
    const margin = (unproven + proven) / 2;
    let wealth = 0;
    for (const { share, weight } of NON_INFERIORITY_BETS)
      wealth += weight * (1 + (share * margin) / (1 - margin)) ** pairs;
    if (wealth >= 1 / beta) proven = margin;
    else unproven = margin;
  }
  return proven;
}
