import type { Sample } from "./guard.ts";
import { type PairedRun, scoreOf } from "./paired-runs.ts";
import type { Release } from "./release.ts";
import type { CanaryEvidence, CanarySide, CaseComparison } from "./verdict.ts";

const WORST = 10;

/** What the runs themselves say. */
type RunsEvidence = Pick<
  CanaryEvidence,
  | "cases"
  | "scored"
  | "candidateMean"
  | "baselineMean"
  | "delta"
  | "flips"
  | "worst"
  | "candidate"
  | "baseline"
>;

/** Adds runs up to a verdict's evidence. */
export interface EvidenceCollector {
  /** Adds one run, and answers with its pair where it is one. A case that ran before without a score counts anew. */
  add(run: PairedRun): CaseComparison | undefined;
  /** Has the case run, with or without a score? */
  has(caseId: string): boolean;
  /** Has it been scored on both sides? */
  hasScored(caseId: string): boolean;
  /** How many cases ran. */
  readonly cases: number;
  /** All pairs in the order they came. */
  readonly pairs: readonly CaseComparison[];
  /** The mean difference of the pairs; 0 where there are none. */
  readonly delta: number;
  evidence(candidate: Release, baseline: Release): RunsEvidence;
}

export function collectEvidence(): EvidenceCollector {
  const runs = new Map<string, PairedRun>();
  const pairs: CaseComparison[] = [];
  const scoredCases = new Set<string>();
  let candidateSum = 0;
  let baselineSum = 0;
  let costs = { candidate: 0, baseline: 0 };

  return {
    add(run) {
      const { caseId } = run;
      runs.set(caseId, run);
      costs = {
        candidate: costs.candidate + costOf(run.candidate),
        baseline: costs.baseline + costOf(run.baseline),
      };
      const [candidate, baseline] = [scoreOf(run.candidate), scoreOf(run.baseline)];
      if (candidate === null || baseline === null) return undefined;
      const pair = { caseId, candidate, baseline, delta: candidate - baseline };
      candidateSum += candidate;
      baselineSum += baseline;
      scoredCases.add(caseId);
      pairs.push(pair);
      return pair;
    },
    has: (caseId) => runs.has(caseId),
    hasScored: (caseId) => scoredCases.has(caseId),
    get cases() {
      return runs.size;
    },
    pairs,
    get delta() {
      return pairs.length === 0 ? 0 : candidateSum / pairs.length - baselineSum / pairs.length;
    },
    evidence(candidate, baseline) {
      const scored = pairs.length;
      const candidateMean = scored === 0 ? null : candidateSum / scored;
      const baselineMean = scored === 0 ? null : baselineSum / scored;
      const latest = [...runs.values()];
      const sideOf = (side: "candidate" | "baseline", release: Release, mean: number | null): CanarySide => ({
        release: release.name,
        bundleId: release.bundleId,
        mean,
        ...figures(latest.map((run) => run[side])),
        costUsd: costs[side],
      });
      return {
        cases: runs.size,
        scored,
        candidateMean,
        baselineMean,
        delta: candidateMean === null || baselineMean === null ? null : candidateMean - baselineMean,
        flips: {
          better: pairs.filter(({ delta }) => delta > 0).length,
          worse: pairs.filter(({ delta }) => delta < 0).length,
          same: pairs.filter(({ delta }) => delta === 0).length,
        },
        worst: pairs
          .filter(({ delta }) => delta < 0)
          .sort(byDelta)
          .slice(0, WORST),
        candidate: sideOf("candidate", candidate, candidateMean),
        baseline: sideOf("baseline", baseline, baselineMean),
      };
    },
  };
}

/** What some answers cost in US dollars, as far as they told. */
export function costOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
}

function figures(
  cases: readonly (readonly Sample[])[],
): Omit<CanarySide, "release" | "bundleId" | "mean" | "costUsd"> {
  const samples = cases.flat();
  const timed = samples.map(({ latencyMs }) => latencyMs).filter((latencyMs) => latencyMs !== undefined);
  return {
    missing: cases.filter((side) => scoreOf(side) === null).length,
    errors: samples.filter(({ error }) => error).length,
    meanLatencyMs: timed.length === 0 ? null : timed.reduce((sum, ms) => sum + ms, 0) / timed.length,
  };
}

function byDelta(a: CaseComparison, b: CaseComparison): number {
  return a.delta - b.delta || (a.caseId < b.caseId ? -1 : 1);
}
