import type { Bets } from "./betting.ts";

/**
 * What is bet on harm. Weights decide how soon it shows, never whether the error rate holds. They were chosen on
 * binary scores of a mean of 0.9: the largest bet makes a candidate out that fails on most answers, the middle ones
 * losses of five to twenty points, the small ones what is less.
 */
export const HARM_BETS: Bets = [
  { share: 0.1, weight: 0.01 },
  { share: 0.2, weight: 0.18 },
  { share: 0.4, weight: 0.27 },
  { share: 0.6, weight: 0.14 },
  { share: 0.98, weight: 0.4 },
];

/** What is bet on the candidate being no worse by the margin: small bets too, since margins are small. */
export const NON_INFERIORITY_BETS: Bets = [
  { share: 1 / 64, weight: 0.05 },
  { share: 1 / 32, weight: 0.06 },
  { share: 1 / 16, weight: 0.08 },
  { share: 1 / 8, weight: 0.1 },
  { share: 1 / 4, weight: 0.15 },
  { share: 1 / 2, weight: 0.21 },
  { share: 0.98, weight: 0.35 },
];
