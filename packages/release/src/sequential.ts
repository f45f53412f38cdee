import { argumentInvalid } from "@keelson/core";
import { HARM_BETS, NON_INFERIORITY_BETS } from "./bets.ts";
import { bettingTest } from "./betting.ts";
import { checkRate, checkShare } from "./check-argument.ts";
import { lowerBound, upperBound } from "./confidence.ts";
import type { Gate, GateDecision, GateEvidence } from "./gate.ts";

// A loss of so much of the usual one is still taken for one.
const USUAL = 0.85;

/** What {@link sequential} takes. */
export interface SequentialOptions {
  /** The largest loss of the mean score that is no reason to keep the candidate out, above 0 and below 1. Default 0.05. */
  readonly margin?: number | undefined;
  /**
   * The accepted probability of rolling back a candidate that is not worse by more than `tolerance`, above 0 and below
   * 1. Default 0.05.
   */
  readonly alpha?: number | undefined;
  /** The accepted probability of promoting a candidate that is worse by `margin` or more, above 0 and below 1. Default 0.05. */
  readonly beta?: number | undefined;
  /** A loss of the mean score that is not worth a rollback, from 0 up to the margin. Default 0. */
  readonly tolerance?: number | undefined;
}

/**
 * What {@link sequential} remembers: stakes of the two tests, sums of the differences, and what was decided. A rollback
 * stays decided, a promotion unless harm is shown later.
 *
 * @inline
 */
export type SequentialState = {
  readonly pairs: number;
  readonly sum: number;
  readonly squares: number;
  readonly losses: number;
  readonly lossSquares: number;
  readonly harm: readonly number[];
  readonly nonInferiority: readonly number[];
  readonly decided: "promote" | "rollback" | null;
};

/**
 * The gate for evidence that comes case by case: it may be looked at after every pair, at any number of pairs, and
 * keeps its error rates all the same. Roll back once the candidate is shown to be worse; promote once it is shown to be
 * no worse than by the margin; hold when the cases end before either, and say how many more would decide.
 *
 * Two tests by betting run side by side on the differences D of the paired scores, one against "the mean of D is
 * `-tolerance` or more", one against "it is `-margin` or less". Each is a non-negative martingale at best under its
 * hypothesis, so by Ville's inequality it ever reaches `1 / alpha` (or `1 / beta`) with a probability of `alpha`
 * (`beta`) at the most. No distribution is assumed but scores within 0..1; cases come in an order that has nothing to
 * do with their scores, which a canary's shuffle sees to. Waudby-Smith and Ramdas, "Estimating means of bounded random
 * variables by betting", Journal of the Royal Statistical Society B 86 (2024).
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of its range.
 *
 * @example
 * ```ts
 * import { sequential } from "@keelson/release";
 *
 * const gate = sequential({ margin: 0.05 });
 * let state = gate.init();
 * let pairs = 0;
 * while (gate.decide(state, { done: false, cases: pairs, scored: pairs }) === undefined) {
 *   pairs++;
 *   state = gate.push(state, { caseId: `q${pairs}`, candidate: 0.9, baseline: 0.9 });
 * }
 * console.log(pairs, gate.decide(state, { done: false, cases: pairs, scored: pairs })?.verdict); // 78 promote
 * ```
 */
export function sequential(options: SequentialOptions = {}): Gate<SequentialState> {
  const { margin = 0.05, alpha = 0.05, beta = 0.05, tolerance = 0 } = options;
  checkRate("margin", margin);
  checkRate("alpha", alpha);
  checkRate("beta", beta);
  checkShare("tolerance", tolerance);
  if (tolerance > margin) throw argumentInvalid("tolerance", `is ${tolerance}, above the margin ${margin}`);

  const harm = bettingTest(HARM_BETS, 1 + tolerance);
  const nonInferiority = bettingTest(NON_INFERIORITY_BETS, 1 - margin);

  const evidence = (state: SequentialState): GateEvidence => {
    let high = upperBound(state, HARM_BETS, alpha);
    let low = lowerBound(state, NON_INFERIORITY_BETS, beta);
    // The bounds are computed by other means than the tests, a little more loosely: where they differ, the tests hold.
    high = state.decided === "rollback" ? Math.min(high, -tolerance) : Math.max(high, -tolerance);
    if (state.decided === "promote") low = Math.max(low, -margin);
    return {
      interval: { low, high: Math.max(low, high), confidence: Number((1 - alpha - beta).toFixed(12)) },
      eHarm: harm.total(state.harm),
      eNonInferiority: nonInferiority.total(state.nonInferiority),
      morePairs: morePairs(state),
    };
  };

  const morePairs = ({ decided, pairs, ...state }: SequentialState): number | null => {
    if (decided !== null) return 0;
    if (pairs === 0) return equalPairs();
    const factor = Math.min(
      harm.factorTo(state.harm, 1 / alpha),
      nonInferiority.factorTo(state.nonInferiority, 1 / beta),
    );
    return Number.isFinite(factor) ? Math.max(1, Math.ceil(pairs * (factor - 1))) : null;
  };

  /** How many pairs without any difference prove the margin. */
  const equalPairs = (): number => {
    const stakes = nonInferiority.push(nonInferiority.init(), margin);
    return Math.ceil(nonInferiority.factorTo(stakes, 1 / beta) - 1e-5);
  };

  return {
    id: `sequential(margin=${margin},alpha=${alpha},beta=${beta},tolerance=${tolerance})`,
    init: () => ({
      pairs: 0,
      sum: 0,
      squares: 0,
      losses: 0,
      lossSquares: 0,
      harm: harm.init(),
      nonInferiority: nonInferiority.init(),
      decided: null,
    }),
    push(state, { candidate, baseline }) {
      const difference = candidate - baseline;
      const loss = -difference - tolerance;
      // Near the goal only what a usual loss takes is staked, going by those so far, the large ones above all.
      const usual = state.losses === 0 ? 1 : state.lossSquares / state.losses;
      const part = harm.partFor(state.harm, 1 / alpha, USUAL * usual);
      const harmStakes = harm.push(state.harm, loss, part);
      const nonInferiorityStakes = nonInferiority.push(state.nonInferiority, difference + margin);
      let { decided } = state;
      // A ramp goes on after a stage's promotion: harm that shows later still counts.
      if (harm.total(harmStakes) >= 1 / alpha) decided = "rollback";
      if (decided === null && nonInferiority.total(nonInferiorityStakes) >= 1 / beta) decided = "promote";
      return {
        pairs: state.pairs + 1,
        sum: state.sum + difference,
        squares: state.squares + difference * difference,
        losses: state.losses + Math.max(0, loss),
        lossSquares: state.lossSquares + Math.max(0, loss) ** 2,
        harm: harmStakes,
        nonInferiority: nonInferiorityStakes,
        decided,
      };
    },
    decide(state, { done }): GateDecision | undefined {
      const { pairs, sum, decided } = state;
      if (decided === null && !done) return undefined;
      if (pairs === 0)
        return { verdict: "hold", reason: "no case was scored on both sides", report: { margin } };
      const mean = points(sum / pairs);
      const report = { margin, alpha, beta, tolerance };
      if (decided === "rollback") {
        const than = tolerance === 0 ? "live" : `live by more than ${points(tolerance)} points`;
        return {
          verdict: "rollback",
          reason: `after ${pairs} scored cases it is shown to be worse than ${than}: by ${points(-sum / pairs)} points on average`,
          report,
        };
      }
      if (decided === "promote") {
        return {
          verdict: "promote",
          reason: `after ${pairs} scored cases it is shown to be no worse than live by ${points(margin)} points or more: ${mean} points on average`,
          report,
        };
      }
      const more = morePairs(state);
      const outlook =
        more === null
          ? "no number of cases like these would decide"
          : `about ${more} more like these would decide`;
      return {
        verdict: "hold",
        reason: `${pairs} scored cases show neither harm nor that it is no worse by ${points(margin)} points (${mean} on average); ${outlook}`,
        report,
      };
    },
    evidence,
  };
}

/** A difference of scores in points of a hundred. */
function points(difference: number): string {
  return String(Number((100 * difference).toFixed(1)));
}
