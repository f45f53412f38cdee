import type { RampSettings } from "./ramp-settings.ts";
import type { RampArm, RampArms } from "./ramp-tally.ts";

/** Rates of a few decimals should not break a rule by the last bit of a float. */
const ROUNDING = 1e-9;

/** What a stage's evidence says. */
export type StageJudgement =
  /** Stop, and why. */
  | { readonly kind: "breach"; readonly reason: string }
  /** Nothing speaks against the candidate. */
  | { readonly kind: "clear" }
  /** Too little is known of one side. */
  | { readonly kind: "open" };

/** Applies the breach rule to the two sides of a stage. */
export function judgeStage(
  { candidate, baseline }: RampArms,
  { maxErrorRateIncrease, maxScoreDrop, minObservations }: RampSettings["breach"],
): StageJudgement {
  if (Math.min(candidate.requests, baseline.requests) < minObservations) return { kind: "open" };

  const [errors, usualErrors] = [errorRate(candidate), errorRate(baseline)];
  if (errors - usualErrors > maxErrorRateIncrease + ROUNDING) {
    const reason = `the error rate ${short(errors)} is above the baseline's ${short(usualErrors)} by more than ${maxErrorRateIncrease}`;
    return { kind: "breach", reason };
  }

  // Nobody scores: errors alone decide.
  if (candidate.scored + baseline.scored === 0) return { kind: "clear" };
  if (Math.min(candidate.scored, baseline.scored) < minObservations) return { kind: "open" };
  const [score, usualScore] = [meanScore(candidate), meanScore(baseline)];
  if (usualScore - score > maxScoreDrop + ROUNDING) {
    const reason = `the mean score ${short(score)} is below the baseline's ${short(usualScore)} by more than ${maxScoreDrop}`;
    return { kind: "breach", reason };
  }
  return { kind: "clear" };
}

function errorRate(arm: RampArm): number {
  return arm.errors / arm.requests;
}

function meanScore(arm: RampArm): number {
  return arm.scoreSum / arm.scored;
}

function short(rate: number): string {
  return String(Number(rate.toFixed(4)));
}
