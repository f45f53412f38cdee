import { checkShare } from "./check-argument.ts";
import type { Gate } from "./gate.ts";
import { provableMargin } from "./provable-margin.ts";

// Scores are decimal fractions to those who write them: 0.8 - 0.7 must be a difference of 0.1, not of a hair more.
const ROUNDING = 1e-9;

/** What {@link pointEstimate} takes. */
export interface PointEstimateOptions {
  /** How far the candidate's mean may be below the baseline's, 0..1. Default 0. */
  readonly tolerance?: number | undefined;
}

/**
 * What {@link pointEstimate} remembers.
 *
 * @inline
 */
export type PointEstimateState = {
  readonly pairs: number;
  readonly candidateSum: number;
  readonly baselineSum: number;
};

/**
 * A gate that compares means: promote where the candidate's mean over the scored pairs is not below the baseline's by
 * more than the tolerance, else roll back; hold where nothing was scored. Differences below 1e-9 are rounding.
 *
 * It is the plain rule, for a handful of cases, and knows nothing of chance: its report says the smallest margin
 * that so many cases could prove ({@link provableMargin}).
 *
 * @throws KeelsonError ARGUMENT_INVALID when the tolerance is not 0..1.
 *
 * @example
 * ```ts
 * import { pointEstimate } from "@keelson/release";
 *
 * const gate = pointEstimate({ tolerance: 0.05 });
 * let state = gate.init();
 * state = gate.push(state, { caseId: "a", candidate: 1, baseline: 1 });
 * state = gate.push(state, { caseId: "b", candidate: 0, baseline: 1 });
 * console.log(gate.decide(state, { done: true, cases: 2, scored: 2 })?.verdict); // rollback
 * ```
 */
export function pointEstimate(options: PointEstimateOptions = {}): Gate<PointEstimateState> {
  const { tolerance = 0 } = options;
  checkShare("tolerance", tolerance);
  return {
    id: `point-estimate(tolerance=${tolerance})`,
    init: () => ({ pairs: 0, candidateSum: 0, baselineSum: 0 }),
    push: ({ pairs, candidateSum, baselineSum }, { candidate, baseline }) => ({
      pairs: pairs + 1,
      candidateSum: candidateSum + candidate,
      baselineSum: baselineSum + baseline,
    }),
    decide({ pairs, candidateSum, baselineSum }, { done }) {
      if (!done) return undefined;
      if (pairs === 0) return { verdict: "hold", reason: "no case was scored on both sides" };
      const margin = provableMargin(pairs);
      const passes = (candidateSum - baselineSum) / pairs >= -tolerance - ROUNDING;
      const means = `the candidate's mean ${short(candidateSum / pairs)} is ${passes ? "not " : ""}below the baseline's ${short(baselineSum / pairs)} by more than ${short(tolerance)}`;
      const support = `${pairs} scored ${pairs === 1 ? "case" : "cases"} can prove no margin below ${Math.ceil(100 * margin)} points`;
      return {
        verdict: passes ? "promote" : "rollback",
        reason: `${means}; ${support}`,
        report: { tolerance, provableMargin: margin },
      };
    },
  };
}

function short(score: number): string {
  return String(Number(score.toFixed(4)));
}
