/** Bets as shares of the largest safe one, with the weights they are mixed by. The weights add up to 1. */
export type Bets = readonly { readonly share: number; readonly weight: number }[];

/** What each bet's stake has grown to, in the order of the bets. */
export type Stakes = readonly number[];

/**
 * A test by betting against a null hypothesis: a gambler who knows nothing of the future stakes on each outcome, at
 * odds that are fair, or worse for him, while the hypothesis holds. What he owns is an e-value: by Ville's inequality
 * the probability that it ever reaches `1 / alpha` under the hypothesis is `alpha` at the most, at whatever time one
 * looks and however the outcomes are distributed.
 *
 * A fixed mixture of constant bets, so that the product of factors is all there is to keep.
 *
 * Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", Journal of the Royal
 * Statistical Society B 86 (2024); Shafer, "Testing by betting", Journal of the Royal Statistical Society A 184 (2021).
 */
export interface BettingTest {
  /** The stakes before the first outcome. */
  init(): Stakes;
  /**
   * The stakes after an outcome whose expectation under the hypothesis is 0 or less. It is at least `-bound`.
   *
   * @param part How much of the usual is staked, above 0 and up to 1, settled before the outcome is known. Default 1.
   */
  push(stakes: Stakes, outcome: number, part?: number): Stakes;
  /**
   * The part of the usual stakes that reaches `goal` by an outcome of `win`; 1 where all of them don't. Winning more is
   * of no use, and what is not staked can't be lost: Fischer and Ramdas, "Improving the (approximate) sequential
   * probability ratio test by avoiding overshoot" (2024).
   */
  partFor(stakes: Stakes, goal: number, win: number): number;
  /** The e-value. */
  total(stakes: Stakes): number;
  /**
   * The smallest factor, 1 or more, by which there had to be more outcomes like those so far for the e-value to reach
   * `level`; infinite where none would do.
   */
  factorTo(stakes: Stakes, level: number): number;
}

// Far beyond any level that is ever asked for, and still a number when all stakes are added up.
const LARGEST_STAKE = 1e100;
const MOST_FACTOR = 2 ** 20;

/** @param bound The largest loss: no outcome is below `-bound`. Above 0. */
export function bettingTest(bets: Bets, bound: number): BettingTest {
  const start: Stakes = bets.map(({ weight }) => weight);
  const units = bets.map(({ share }) => share / bound);

  return {
    init: () => start,
    push(stakes, outcome, part = 1) {
      if (outcome === 0) return stakes;
      const scaled = outcome * part;
      // Filled by hand: this runs for every observation of every guard.
      const next: number[] = new Array(stakes.length);
      for (let i = 0; i < stakes.length; i++) {
        next[i] = cappedStake((stakes[i] as number) * (1 + (units[i] as number) * scaled));
      }
      return next;
    },
    partFor(stakes, goal, win) {
      const owned = total(stakes);
      let won = 0;
      for (let i = 0; i < stakes.length; i++) won += (stakes[i] as number) * (units[i] as number) * win;
      if (owned >= goal || owned + won <= goal) return 1;
      // A hair more, for what is lost in rounding.
      return Math.min(1, ((goal - owned) / won) * (1 + 1e-9));
    },
    total,
    factorTo(stakes, level) {
      if (total(stakes) >= level) return 1;
      const growths = stakes.map((stake, i) => Math.log(stake / (start[i] as number)));
      const reaches = (factor: number): boolean => {
        let sum = 0;
        for (let i = 0; i < growths.length; i++) {
          sum += (start[i] as number) * Math.exp((growths[i] as number) * factor);
        }
        return sum >= level;
      };
      let [short, enough] = [1, 2];
      while (!reaches(enough)) {
        if (enough > MOST_FACTOR) return Number.POSITIVE_INFINITY;
        [short, enough] = [enough, 2 * enough];
      }
      while (enough - short > 1e-6 * enough) {
        const middle = (short + enough) / 2;
        if (reaches(middle)) enough = middle;
        else short = middle;
      }
      return enough;
    },
  };
}

/** A stake that stays a number: what is beyond all levels is given away, which no hypothesis minds. */
export function cappedStake(stake: number): number {
  return Math.min(LARGEST_STAKE, stake);
}

function total(stakes: Stakes): number {
  let sum = 0;
  for (let i = 0; i < stakes.length; i++) sum += stakes[i] as number;
  return sum;
}
