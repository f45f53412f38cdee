import type { Json, JsonObject } from "@keelson/core";

/** How one answer went. What is left out is not known, and counts for nothing. */
export interface Sample {
  /** 0 (worst) to 1 (best). `null`: it should have a score and has none. */
  readonly score?: number | null | undefined;
  /** In milliseconds. */
  readonly latencyMs?: number | undefined;
  /** In US dollars. */
  readonly costUsd?: number | undefined;
  /** Did the answer fail? */
  readonly error?: boolean | undefined;
}

/**
 * Answers of both sides that are set against each other, by their means. Which answers meet is settled before any of
 * them is known: in a canary the runs of one case, in a ramp a block of live requests in their order of arrival.
 * No answer is in two comparisons.
 */
export interface Comparison {
  /** At least one. */
  readonly candidate: readonly Sample[];
  /** At least one. */
  readonly baseline: readonly Sample[];
}

/** Which side a live request went to. */
export interface SideTaken {
  readonly variant: "candidate" | "baseline";
  /** The share of the requests that should go to the candidate at that time, above 0 and below 1. */
  readonly share: number;
}

/** What a guard has seen. */
export interface GuardEvidence {
  /**
   * The most evidence against the candidate at any time so far, as an e-value: 1 is none, and at `1 / alpha` it is
   * beyond doubt, with a probability of a false alarm, ever, of `alpha` at the most.
   */
  readonly eValue: number;
  /** Candidate and baseline by what is guarded, in a few words: what a breach gives as its reason. */
  readonly summary: string;
  /** Figures behind it, which go into the verdict's evidence. */
  readonly report: JsonObject;
}

/**
 * Watches one thing that must not get worse, beside the gate. Like a {@link Gate} it is a pure reducer whose state is
 * JSON, so any worker goes on where another stopped, with the same bits.
 *
 * The guards of a canary or ramp share one error rate, `alpha`: it is split over them, so that the probability that
 * any of them ever raises a false alarm stays below it.
 *
 * Most guards are a {@link metricGuard}; write one from scratch only for evidence of another kind.
 */
export interface Guard<State extends Json = Json> {
  /** Names the rule with its settings, unique among the guards used together: it must change whenever any finding could. */
  readonly id: string;
  /** What a breach does: take the candidate out, or keep it from going further until somebody looks. */
  readonly onBreach: "rollback" | "hold";
  /** Its part of the shared alpha. Guards without one share evenly what the others leave. */
  readonly alpha?: number | undefined;
  /** The state before anything was seen. */
  init(): State;
  /** The state after one more comparison. The one given is not changed. */
  push(state: State, comparison: Comparison): State;
  /** The state after one more live request was assigned. Left out by guards that don't count requests. */
  assigned?(state: State, side: SideTaken): State;
  /** What it has seen. */
  evidence(state: State): GuardEvidence;
}

/** How one guard stands. */
export interface GuardReport extends GuardEvidence {
  /** The guard's id. */
  readonly id: string;
  /** Has its evidence reached `1 / alpha`? */
  readonly breached: boolean;
  readonly onBreach: "rollback" | "hold";
  /** The part of the shared alpha that it has. */
  readonly alpha: number;
}
