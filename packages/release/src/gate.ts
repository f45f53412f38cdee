import type { Json, JsonObject } from "@keelson/core";

/**
 * What comes of a canary.
 *
 * - `promote`: the candidate may go live.
 * - `rollback`: the candidate is worse; live stays.
 * - `hold`: the cases don't say; live stays.
 */
export type VerdictKind = "promote" | "rollback" | "hold";

/** The scores of candidate and baseline on one case, 0 (worst) to 1 (best). */
export interface ScoredPair {
  readonly caseId: string;
  readonly candidate: number;
  readonly baseline: number;
}

/** How far a canary has come. */
export interface GateProgress {
  /** Are there no more cases to come? */
  readonly done: boolean;
  /** How many cases have run. */
  readonly cases: number;
  /** For how many of them both sides were scored: the pairs pushed so far. */
  readonly scored: number;
}

/** What a gate knows of the difference so far, for those who watch and for the verdict's evidence. */
export interface GateEvidence {
  /**
   * Where the true mean difference, candidate minus baseline, lies with the given confidence, each -1..1; `null` where
   * the gate makes no such claim. An interval of {@link sequential} holds at every look at once.
   */
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
  /** The evidence that the candidate is worse, as an e-value: 1 is none, 20 is proof at 5 %. `null` where none is kept. */
  readonly eHarm: number | null;
  /** The evidence that it is not worse by the margin, as an e-value. `null` where none is kept. */
  readonly eNonInferiority: number | null;
  /**
   * About how many more scored pairs would decide, were they like those so far; `null` where no number would, or it
   * can't be said. 0 once decided.
   */
  readonly morePairs: number | null;
}

/** What a gate decides. */
export interface GateDecision {
  readonly verdict: VerdictKind;
  /** Why, in a sentence. */
  readonly reason: string;
  /** Figures behind the reason, which go into the verdict's evidence. */
  readonly report?: JsonObject | undefined;
}

/**
 * Decides whether a candidate is good enough, as a pure reducer: no clock, no randomness, nothing kept outside the
 * state, which is JSON, so that evidence can be stored and taken up again. Pairs are pushed in the order of the
 * cases, whatever order they finish in.
 *
 * @example A gate of one's own: no case may get worse by half or more, and the run ends at the first that does.
 * ```ts
 * import type { Gate } from "@keelson/release";
 *
 * export const noCollapse: Gate<{ collapsed: string | null }> = {
 *   id: "no-collapse",
 *   init: () => ({ collapsed: null }),
 *   push: (state, { caseId, candidate, baseline }) => (candidate <= baseline - 0.5 ? { collapsed: caseId } : state),
 *   decide({ collapsed }, { done, scored }) {
 *     if (collapsed !== null) return { verdict: "rollback", reason: `case ${collapsed} collapsed` };
 *     if (!done) return undefined;
 *     if (scored === 0) return { verdict: "hold", reason: "nothing was scored" };
 *     return { verdict: "promote", reason: "no case collapsed" };
 *   },
 * };
 * const pair = { caseId: "q7", candidate: 0.1, baseline: 0.9 };
 * const state = noCollapse.push(noCollapse.init(), pair);
 * console.log(noCollapse.decide(state, { done: false, cases: 1, scored: 1 })?.reason); // case q7 collapsed
 * ```
 */
export interface Gate<State extends Json = Json> {
  /** Names the rule with its settings: it must change whenever any decision could. */
  readonly id: string;
  /** The state before the first pair. */
  init(): State;
  /** The state after one more pair. The one given is not changed. */
  push(state: State, pair: ScoredPair): State;
  /**
   * Decides, or answers `undefined` to see more. Asked before the first case and after each; an answer ends the run
   * there. Once `done` it is asked a last time, and `undefined` then means `hold`.
   */
  decide(state: State, progress: GateProgress): GateDecision | undefined;
  /** What is known so far. Left out by gates that only decide. Asked less often than `decide`. */
  evidence?(state: State): GateEvidence;
}
