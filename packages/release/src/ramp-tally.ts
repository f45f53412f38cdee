import type { Json } from "@keelson/core";
import { type BlocksState, NO_BLOCKS, pushToBlock } from "./blocks.ts";
import type { Comparison, Sample } from "./guard.ts";
import type { GuardSetState } from "./guard-set.ts";
import { meanOf } from "./metric-guard.ts";
import type { RampJudges } from "./ramp-judges.ts";
import type { RampSettings } from "./ramp-plan.ts";

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

/** Both sides of one stage, and the answers of it that wait for others to be compared with. */
export interface StageTally {
  readonly candidate: RampArm;
  readonly baseline: RampArm;
  /** By errors, latency and cost, which are known with the request. */
  readonly outcomes: BlocksState;
  /** By scores, which may come later. */
  readonly scores: BlocksState;
}

/** The evidence of a ramp as it is stored: any worker goes on from it with the same bits. */
export interface RampTally {
  readonly stages: readonly StageTally[];
  /** Requests that the candidate served. */
  readonly exposed: number;
  /** Requests that either side served. */
  readonly requests: number;
  /** Requests of the candidate whose key it should not have got yet. */
  readonly misrouted: number;
  readonly comparisons: number;
  /** The comparisons that the gates could judge. */
  readonly pairs: number;
  /** The gates' states by their ids. */
  readonly gates: Readonly<Record<string, Json>>;
  readonly guards: GuardSetState;
}

/** One of a ramp's two sides. */
export type Variant = "candidate" | "baseline";

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
export function emptyTally(settings: RampSettings, { gates, guards }: RampJudges): RampTally {
  const stage = { candidate: NO_REQUESTS, baseline: NO_REQUESTS, outcomes: NO_BLOCKS, scores: NO_BLOCKS };
  return {
    stages: settings.stages.map(() => stage),
    exposed: 0,
    requests: 0,
    misrouted: 0,
    comparisons: 0,
    pairs: 0,
    gates: Object.fromEntries(gates.map((gate) => [gate.id, gate.init()])),
    guards: guards.init(),
  };
}

/** Counts a request. */
export function addOutcome(tally: RampTally, stage: number, variant: Variant, sample: Sample): RampTally {
  return withArm(tally, stage, variant, (arm) => ({
    ...arm,
    requests: arm.requests + 1,
    errors: arm.errors + (sample.error === true ? 1 : 0),
    timed: arm.timed + (sample.latencyMs === undefined ? 0 : 1),
    latencySumMs: arm.latencySumMs + (sample.latencyMs ?? 0),
    costSumUsd: arm.costSumUsd + (sample.costUsd ?? 0),
  }));
}

/** Counts the score of a request that was counted before. */
export function addScore(tally: RampTally, stage: number, variant: Variant, score: number | null): RampTally {
  if (score === null) return tally;
  return withArm(tally, stage, variant, (arm) => ({
    ...arm,
    scored: arm.scored + 1,
    scoreSum: arm.scoreSum + score,
  }));
}

/** Lets an answer wait for those that it is compared with, or compares them. */
export function compareLater(
  tally: RampTally,
  settings: RampSettings,
  judges: RampJudges,
  { stage, variant, by }: { stage: number; variant: Variant; by: "outcomes" | "scores" },
  sample: Sample,
): RampTally {
  const { share } = settings.stages[stage] as { share: number };
  // In a stage that exposes nobody there is no live candidate to compare with.
  if (share === 0) return tally;
  const before = tally.stages[stage] as StageTally;
  const { state, comparison } = pushToBlock(before[by], variant, sample, share);
  const after = withStage(tally, stage, { ...before, [by]: state });
  return comparison === undefined ? after : compare(after, settings, judges, comparison);
}

/** Shows a comparison to all gates and guards. */
export function compare(
  tally: RampTally,
  { judge }: RampSettings,
  { gates, guards }: RampJudges,
  comparison: Comparison,
): RampTally {
  const comparisons = tally.comparisons + 1;
  const candidate = meanOf(comparison.candidate, judgedBy[judge]);
  const baseline = meanOf(comparison.baseline, judgedBy[judge]);
  const after = { ...tally, comparisons, guards: guards.push(tally.guards, comparison) };
  if (candidate === null || baseline === null) return after;
  const pair = { caseId: String(comparisons), candidate, baseline };
  return {
    ...after,
    pairs: tally.pairs + 1,
    gates: Object.fromEntries(gates.map((gate) => [gate.id, gate.push(tally.gates[gate.id] as Json, pair)])),
  };
}

const judgedBy: Readonly<Record<RampSettings["judge"], (sample: Sample) => number | null>> = {
  score: ({ score }) => score ?? null,
  success: ({ error }) => (error === undefined ? null : 1 - Number(error)),
};

function withArm(
  tally: RampTally,
  stage: number,
  variant: Variant,
  change: (arm: RampArm) => RampArm,
): RampTally {
  const before = tally.stages[stage] as StageTally;
  return withStage(tally, stage, { ...before, [variant]: change(before[variant]) });
}

function withStage(tally: RampTally, stage: number, after: StageTally): RampTally {
  return { ...tally, stages: tally.stages.map((before, i) => (i === stage ? after : before)) };
}
