import type { EvalResult } from "@keelson/core";
import type { PairedRun } from "./paired-runs.ts";
import type { Release } from "./release.ts";
import type { CanaryEvidence, CanarySide, CaseComparison } from "./verdict.ts";

const WORST = 10;

/** Adds runs up to a verdict's evidence. */
export interface EvidenceCollector {
  /** Adds one run. Answers whether it counts as a pair. */
  add(run: PairedRun): boolean;
  /** All but what the gate and the runner know of themselves. */
  evidence(): Omit<CanaryEvidence, "gate" | "evals">;
}

export function collectEvidence(candidate: Release, baseline: Release): EvidenceCollector {
  const sides = { candidate: createSide(candidate), baseline: createSide(baseline) };
  const flips = { better: 0, worse: 0, same: 0 };
  let worst: CaseComparison[] = [];
  let cases = 0;
  let scored = 0;

  return {
    add({ caseId, ...run }) {
      cases++;
      const pair = run.candidate.score !== null && run.baseline.score !== null;
      sides.candidate.add(run.candidate, pair);
      sides.baseline.add(run.baseline, pair);
      if (run.candidate.score === null || run.baseline.score === null) return false;

      scored++;
      const delta = run.candidate.score - run.baseline.score;
      flips[delta > 0 ? "better" : delta < 0 ? "worse" : "same"]++;
      if (delta < 0) {
        worst.push({ caseId, candidate: run.candidate.score, baseline: run.baseline.score, delta });
        worst = worst.sort(byDelta).slice(0, WORST);
      }
      return true;
    },
    evidence() {
      const ofCandidate = sides.candidate.summary(scored);
      const ofBaseline = sides.baseline.summary(scored);
      const delta = scored === 0 ? null : (ofCandidate.mean ?? 0) - (ofBaseline.mean ?? 0);
      return {
        cases,
        scored,
        candidateMean: ofCandidate.mean,
        baselineMean: ofBaseline.mean,
        delta,
        flips: { ...flips },
        worst,
        candidate: ofCandidate,
        baseline: ofBaseline,
      };
    },
  };
}

function byDelta(a: CaseComparison, b: CaseComparison): number {
  return a.delta - b.delta || (a.caseId < b.caseId ? -1 : 1);
}

interface Side {
  add(result: EvalResult, pair: boolean): void;
  summary(pairs: number): CanarySide;
}

function createSide({ name, bundleId }: Release): Side {
  let [sum, missing, errors, timed, latencyMs, costUsd] = [0, 0, 0, 0, 0, 0];
  return {
    add(result, pair) {
      if (result.score === null) missing++;
      else if (pair) sum += result.score;
      if (result.error !== undefined) errors++;
      if (result.latencyMs !== undefined) {
        timed++;
        latencyMs += result.latencyMs;
      }
      costUsd += result.costUsd ?? 0;
    },
    summary: (pairs) => ({
      release: name,
      bundleId,
      mean: pairs === 0 ? null : sum / pairs,
      missing,
      errors,
      meanLatencyMs: timed === 0 ? null : latencyMs / timed,
      costUsd,
    }),
  };
}
