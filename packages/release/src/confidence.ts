import type { Bets } from "./betting.ts";

const STEP = 1 / 256;

/** What an interval is computed from: how many differences, their sum and the sum of their squares. */
export interface Moments {
  readonly pairs: number;
  readonly sum: number;
  readonly squares: number;
}

/**
 * The largest mean, within -1..1, that differences so far do not speak against: one that is refuted with an error
 * rate of `alpha`, whenever one looks, is above it. The same bets as in {@link bettingTest} against every mean at once,
 * their growth bounded from below by Fan's inequality (Fan, Grama and Liu, "Exponential inequalities for martingales
 * with applications", Electronic Journal of Probability 20, 2015), for which three sums are enough. A little wider
 * than the bets themselves would have it.
 */
export function upperBound(moments: Moments, bets: Bets, alpha: number): number {
  return leastOf((mean) => evidenceAbove(moments, mean, bets) >= Math.log(1 / alpha));
}

/** The smallest mean that differences so far do not speak against, likewise. */
export function lowerBound({ pairs, sum, squares }: Moments, bets: Bets, alpha: number): number {
  return -upperBound({ pairs, sum: -sum, squares }, bets, alpha);
}

/** How far the bets against "the mean is `mean` or more" have grown at least, as a logarithm. */
function evidenceAbove({ pairs, sum, squares }: Moments, mean: number, bets: Bets): number {
  // Outcomes are mean - difference, at least mean - 1; divided by that they are at least -1.
  const bound = 1 - mean;
  const first = (pairs * mean - sum) / bound;
  const second = (pairs * mean * mean - 2 * mean * sum + squares) / (bound * bound);
  let most = Number.NEGATIVE_INFINITY;
  for (const { share, weight } of bets) {
    most = Math.max(most, Math.log(weight) + share * first + (Math.log1p(-share) + share) * second);
  }
  let sumOfAll = 0;
  for (const { share, weight } of bets) {
    sumOfAll += Math.exp(Math.log(weight) + share * first + (Math.log1p(-share) + share) * second - most);
  }
  return most + Math.log(sumOfAll);
}

/** The least mean that is refuted; 1 where none is. What is refuted stays so for every larger mean. */
function leastOf(refuted: (mean: number) => boolean): number {
  // The bound of the growth is loose far above the mean: there it may fall again, so the first step that will do is
  // looked for from below.
  let closed = -1;
  while (closed < 1 && !refuted(closed)) closed += STEP;
  if (closed >= 1) return 1;
  let open = closed - STEP;
  while (closed - open > 1e-6) {
    const middle = (open + closed) / 2;
    if (refuted(middle)) closed = middle;
    else open = middle;
  }
  return Math.max(-1, closed);
}
