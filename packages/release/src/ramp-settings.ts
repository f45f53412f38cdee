import { checkAmount, checkShare, checkWhole, invalidArgument } from "./check-argument.ts";

/**
 * When a ramp must stop, measured against the baseline's requests of the same stage. At a share of 1 nobody is left
 * to compare with, and the baseline's requests of the stage before stand in.
 */
export interface BreachRule {
  /** How far the candidate's error rate may be above the baseline's, 0..1. Default 0.05. */
  readonly maxErrorRateIncrease?: number | undefined;
  /** How far the candidate's mean score may be below the baseline's, 0..1. Default 0.1. Used where scores are observed. */
  readonly maxScoreDrop?: number | undefined;
  /**
   * How many requests, and where there are scores how many scores, each side must have in a stage before it is
   * judged, and before the stage can end. Default 50.
   */
  readonly minObservations?: number | undefined;
}

/** How a ramp goes. */
export interface RampPlan {
  /**
   * The candidate's share of the keys in each stage, ascending, above 0 and up to 1, the first below 1. A key once
   * served by the candidate stays with it as the share grows. Default 0.01, 0.1, 0.5, 1.
   */
  readonly stages?: readonly number[] | undefined;
  /** How many requests the candidate must have served in a stage before the next begins. Default 100. */
  readonly minRequests?: number | undefined;
  /** How long a stage lasts at least, in milliseconds. Default 0. */
  readonly minStageMs?: number | undefined;
  /** When to stop. */
  readonly breach?: BreachRule | undefined;
}

/** A plan with nothing left open, as it is stored. */
export interface RampSettings {
  readonly stages: readonly number[];
  readonly minRequests: number;
  readonly minStageMs: number;
  readonly breach: {
    readonly maxErrorRateIncrease: number;
    readonly maxScoreDrop: number;
    readonly minObservations: number;
  };
}

/** Checks a plan and fills in its defaults. */
export function rampSettings(plan: RampPlan): RampSettings {
  const { stages = [0.01, 0.1, 0.5, 1], minRequests = 100, minStageMs = 0, breach = {} } = plan;
  const { maxErrorRateIncrease = 0.05, maxScoreDrop = 0.1, minObservations = 50 } = breach;
  const ascends = stages.every((share, i) => share > (stages[i - 1] ?? 0) && share <= 1);
  if (stages.length === 0 || !ascends) {
    throw invalidArgument("stages", "are not shares above 0 and up to 1, ascending");
  }
  if (stages[0] === 1) throw invalidArgument("stages", "begin at 1, with nothing to compare with");
  checkWhole("minRequests", minRequests, 1);
  checkAmount("minStageMs", minStageMs);
  checkShare("maxErrorRateIncrease", maxErrorRateIncrease);
  checkShare("maxScoreDrop", maxScoreDrop);
  checkWhole("minObservations", minObservations, 1);
  return {
    stages: [...stages],
    minRequests,
    minStageMs,
    breach: { maxErrorRateIncrease, maxScoreDrop, minObservations },
  };
}
