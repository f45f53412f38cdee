import type { JsonObject } from "@keelson/core";
import type { GateEvidence, VerdictKind } from "./gate.ts";
import type { GuardReport } from "./guard.ts";

/** One side of a canary over all its cases. */
export interface CanarySide {
  readonly release: string;
  readonly bundleId: string;
  /** The mean score over the pairs, 0..1; `null` where there is none. */
  readonly mean: number | null;
  /** How many cases have no score, because the answer or the judge failed. */
  readonly missing: number;
  /** How many answers failed, or made the runner reject. */
  readonly errors: number;
  /** The mean latency in milliseconds of the answers that told theirs; `null` where none did. */
  readonly meanLatencyMs: number | null;
  /** What the answers cost in US dollars, as far as they told. */
  readonly costUsd: number;
}

/** One case as both sides did on it. */
export interface CaseComparison {
  readonly caseId: string;
  readonly candidate: number;
  readonly baseline: number;
  /** The candidate's score minus the baseline's. */
  readonly delta: number;
}

/** What a canary took. */
export interface CanarySpend {
  /** What this call's answers cost in US dollars, both sides, as far as they told. */
  readonly costUsd: number;
  /** How many answers this call asked the runner for and counted. */
  readonly runs: number;
  /** How many more all the cases would have taken. */
  readonly savedRuns: number;
  /** How many cases an earlier call had counted. */
  readonly earlierCases: number;
}

/** What a verdict stands on. It holds ids and figures, no input and no answer. */
export interface CanaryEvidence extends Omit<GateEvidence, "morePairs"> {
  /** How many cases ran, in this call and in earlier ones of the same candidate. Fewer than given where it was decided early. */
  readonly cases: number;
  /** How many of them were scored on both sides. Means and flips are over these pairs. */
  readonly scored: number;
  readonly candidateMean: number | null;
  readonly baselineMean: number | null;
  /** The candidate's mean minus the baseline's. */
  readonly delta: number | null;
  /** About how many more cases would decide; `null` where no number would, or the gate can't say. 0 once decided. */
  readonly moreCases: number | null;
  /** How many pairs the candidate did better, worse, and the same on. */
  readonly flips: { readonly better: number; readonly worse: number; readonly same: number };
  /** The cases the candidate lost most on, at most ten, the worst first. */
  readonly worst: readonly CaseComparison[];
  readonly candidate: CanarySide;
  readonly baseline: CanarySide;
  readonly guards: readonly GuardReport[];
  readonly spend: CanarySpend;
  /** The seed that the cases were shuffled by. */
  readonly seed: number;
  /** The id of the runner that scored. */
  readonly evals: string;
  /** The gate's id and what it reported. */
  readonly gate: { readonly id: string; readonly report: JsonObject };
}

/** How the evidence stood after so many pairs. */
export interface CanaryPoint extends GateEvidence {
  readonly scored: number;
  /** The candidate's mean minus the baseline's. */
  readonly delta: number;
}

/** What a canary found. */
export interface Verdict {
  readonly verdict: VerdictKind;
  /** Why, in a sentence. */
  readonly reason: string;
  readonly evidence: CanaryEvidence;
  /** The way there, at most about a hundred points, the last one at its end. For drawing: it is not in the audit log. */
  readonly course: readonly CanaryPoint[];
  /** All pairs, in the order they were judged. For drawing: they are not in the audit log. */
  readonly pairs: readonly CaseComparison[];
}
