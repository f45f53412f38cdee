import { checkRate, checkWhole } from "./check-argument.ts";
import type { Gate, GateEvidence } from "./gate.ts";
import { studentQuantile } from "./quantile.ts";

/** What {@link fixedPaired} takes. */
export interface FixedPairedOptions {
  /** The largest loss of the mean score that is no reason to keep the candidate out, above 0 and below 1. Default 0.05. */
  readonly margin?: number | undefined;
  /** The nominal error rate of either side, above 0 and below 1. Default 0.05. */
  readonly alpha?: number | undefined;
  /** Fewer scored pairs are held, at least 5: the normal approximation is not good for them. Default 30. */
  readonly minPairs?: number | undefined;
}

/**
 * What {@link fixedPaired} remembers.
 *
 * @inline
 */
export type FixedPairedState = { readonly pairs: number; readonly sum: number; readonly squares: number };

/**
 * A gate for a number of cases that is settled before: one look at all of them, by Student's paired t. Roll back where
 * the whole confidence interval of the mean difference is below 0, promote where it is above `-margin`, else hold.
 *
 * It is there to compare with. It can't stop early, looking twice breaks its error rate, and where harm is rare and
 * large, a few answers falling to 0, its normal approximation promises more than it keeps. {@link sequential} has none
 * of the three faults.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of its range.
 *
 * @example
 * ```ts
 * import { fixedPaired } from "@keelson/release";
 *
 * const gate = fixedPaired({ margin: 0.1 });
 * let state = gate.init();
 * for (let i = 0; i < 100; i++) {
 *   state = gate.push(state, { caseId: `q${i}`, candidate: i % 10 === 0 ? 0.5 : 1, baseline: i % 10 === 5 ? 0.5 : 1 });
 * }
 * console.log(gate.decide(state, { done: true, cases: 100, scored: 100 })?.verdict); // promote
 * ```
 */
export function fixedPaired(options: FixedPairedOptions = {}): Gate<FixedPairedState> {
  const { margin = 0.05, alpha = 0.05, minPairs = 30 } = options;
  checkRate("margin", margin);
  checkRate("alpha", alpha);
  checkWhole("minPairs", minPairs, 5);

  const intervalOf = ({ pairs, sum, squares }: FixedPairedState): GateEvidence["interval"] => {
    if (pairs < minPairs) return null;
    const mean = sum / pairs;
    const variance = Math.max(0, squares - pairs * mean * mean) / (pairs - 1);
    const half = studentQuantile(1 - alpha, pairs - 1) * Math.sqrt(variance / pairs);
    return { low: Math.max(-1, mean - half), high: Math.min(1, mean + half), confidence: 1 - 2 * alpha };
  };

  return {
    id: `fixed-paired(margin=${margin},alpha=${alpha},minPairs=${minPairs})`,
    init: () => ({ pairs: 0, sum: 0, squares: 0 }),
    push({ pairs, sum, squares }, { candidate, baseline }) {
      const difference = candidate - baseline;
      return { pairs: pairs + 1, sum: sum + difference, squares: squares + difference * difference };
    },
    decide(state, { done }) {
      if (!done) return undefined;
      const report = { margin, alpha };
      const interval = intervalOf(state);
      if (interval === null) {
        const reason = `${state.pairs} scored cases are too few: ${minPairs} are needed`;
        return { verdict: "hold", reason, report };
      }
      const { low, high } = interval;
      const between = `the mean difference is ${low.toFixed(3)} to ${high.toFixed(3)}`;
      if (high < 0) return { verdict: "rollback", reason: `${between}, all of it below 0`, report };
      if (low > -margin)
        return { verdict: "promote", reason: `${between}, all of it above -${margin}`, report };
      return { verdict: "hold", reason: `${between}, which does not rule out -${margin}`, report };
    },
    evidence: (state) => ({
      interval: intervalOf(state),
      eHarm: null,
      eNonInferiority: null,
      morePairs: null,
    }),
  };
}
