import type { JsonObject } from "@keelson/core";
import type { VerdictKind } from "./gate.ts";

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

/** What a verdict stands on. It holds ids and figures, no input and no answer. */
export interface CanaryEvidence {
  /** How many cases ran. Fewer than given where the gate decided early. */
  readonly cases: number;
  /** How many of them were scored on both sides. Means and flips are over these pairs. */
  readonly scored: number;
  readonly candidateMean: number | null;
  readonly baselineMean: number | null;
  /** The candidate's mean minus the baseline's. */
  readonly delta: number | null;
  /** How many pairs the candidate did better, worse, and the same on. */
  readonly flips: { readonly better: number; readonly worse: number; readonly same: number };
  /** The cases the candidate lost most on, at most ten, the worst first. */
  readonly worst: readonly CaseComparison[];
  readonly candidate: CanarySide;
  readonly baseline: CanarySide;
  /** The id of the runner that scored. */
  readonly evals: string;
  /** The gate's id and what it reported. */
  readonly gate: { readonly id: string; readonly report: JsonObject };
}

/** What a canary found. */
export interface Verdict {
  readonly verdict: VerdictKind;
  /** Why, in a sentence. */
  readonly reason: string;
  readonly evidence: CanaryEvidence;
}
