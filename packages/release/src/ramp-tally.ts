import type { Observation } from "./ramp.ts";

/** What the requests of one side in one stage add up to. */
export interface RampArm {
  readonly requests: number;
  readonly errors: number;
  /** How many requests have a score. */
  readonly scored: number;
  readonly scoreSum: number;
  /** How many requests told their latency. */
  readonly timed: number;
  readonly latencySumMs: number;
  readonly costSumUsd: number;
}

/** Both sides of one stage. */
export interface RampArms {
  readonly candidate: RampArm;
  readonly baseline: RampArm;
}

/** The evidence of a ramp as it is stored, one element a stage. */
export interface RampTally {
  readonly stages: readonly RampArms[];
  /** Requests of the candidate whose key it should not have got yet. */
  readonly misrouted: number;
}

const NO_REQUESTS: RampArm = Object.freeze({
  requests: 0,
  errors: 0,
  scored: 0,
  scoreSum: 0,
  timed: 0,
  latencySumMs: 0,
  costSumUsd: 0,
});

/** The tally before the first request. */
export function emptyTally(stages: number): RampTally {
  const arms = { candidate: NO_REQUESTS, baseline: NO_REQUESTS };
  return { stages: Array.from({ length: stages }, () => arms), misrouted: 0 };
}

/** The tally after one more request. */
export function addToTally(
  tally: RampTally,
  stage: number,
  variant: keyof RampArms,
  observation: Observation,
): RampTally {
  const stages = tally.stages.map((arms, i) =>
    i === stage ? { ...arms, [variant]: addToArm(arms[variant], observation) } : arms,
  );
  return { ...tally, stages };
}

/** Both sides of a stage; where the stage has no baseline, of the last one before it that has. */
export function armsToCompare(tally: RampTally, stage: number, stages: readonly number[]): RampArms {
  const { candidate } = armsOf(tally, stage);
  const compared = (stages[stage] ?? 1) < 1 ? stage : stage - 1;
  return { candidate, baseline: armsOf(tally, compared).baseline };
}

/** One arm over all stages. */
export function totalRequests(tally: RampTally, variant: keyof RampArms): number {
  return tally.stages.reduce((sum, arms) => sum + arms[variant].requests, 0);
}

function armsOf(tally: RampTally, stage: number): RampArms {
  return tally.stages[stage] ?? { candidate: NO_REQUESTS, baseline: NO_REQUESTS };
}

function addToArm(arm: RampArm, { error, score, latencyMs, costUsd }: Observation): RampArm {
  const isScored = score !== undefined && score !== null;
  const failed = error !== undefined && error !== false;
  return {
    requests: arm.requests + 1,
    errors: arm.errors + (failed ? 1 : 0),
    scored: arm.scored + (isScored ? 1 : 0),
    scoreSum: arm.scoreSum + (isScored ? score : 0),
    timed: arm.timed + (latencyMs === undefined ? 0 : 1),
    latencySumMs: arm.latencySumMs + (latencyMs ?? 0),
    costSumUsd: arm.costSumUsd + (costUsd ?? 0),
  };
}
