import { checkRate, checkWhole } from "./check-argument.ts";
import type { Gate } from "./gate.ts";
import { normalQuantile } from "./quantile.ts";

/** What {@link mannWhitney} takes. */
export interface MannWhitneyOptions {
  /** The nominal probability of rolling back an equal candidate, above 0 and below 1. Default 0.01, one side of Kayenta's 98 %. */
  readonly alpha?: number | undefined;
  /** Fewer scored pairs are held, at least 5. Default 30. */
  readonly minPairs?: number | undefined;
}

/**
 * What {@link mannWhitney} remembers: all scores.
 *
 * @inline
 */
export type MannWhitneyState = {
  readonly candidate: readonly number[];
  readonly baseline: readonly number[];
};

/**
 * A gate as canary judges of the Kayenta kind decide: the Mann-Whitney rank test (Mann and Whitney, 1947, with the
 * correction for ties) on all scores, in one look. Roll back where the candidate's scores rank lower, else promote.
 *
 * It is there to compare with. It does not see that scores are paired, what it doesn't see it promotes, and harm to
 * few answers moves ranks little, however large it is.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of its range.
 *
 * @example
 * ```ts
 * import { mannWhitney } from "@keelson/release";
 *
 * const gate = mannWhitney();
 * let state = gate.init();
 * for (let i = 0; i < 100; i++) {
 *   state = gate.push(state, { caseId: `q${i}`, candidate: i < 8 ? 0 : 1, baseline: 1 }); // 8 of 100 answers are lost
 * }
 * console.log(gate.decide(state, { done: true, cases: 100, scored: 100 })?.verdict); // rollback
 * ```
 */
export function mannWhitney(options: MannWhitneyOptions = {}): Gate<MannWhitneyState> {
  const { alpha = 0.01, minPairs = 30 } = options;
  checkRate("alpha", alpha);
  checkWhole("minPairs", minPairs, 5);
  const critical = normalQuantile(1 - alpha);
  return {
    id: `mann-whitney(alpha=${alpha},minPairs=${minPairs})`,
    init: () => ({ candidate: [], baseline: [] }),
    push: (state, { candidate, baseline }) => ({
      candidate: [...state.candidate, candidate],
      baseline: [...state.baseline, baseline],
    }),
    decide({ candidate, baseline }, { done }) {
      if (!done) return undefined;
      if (candidate.length < minPairs) {
        const reason = `${candidate.length} scored cases are too few: ${minPairs} are needed`;
        return { verdict: "hold", reason, report: { alpha } };
      }
      const z = rankDeficit(candidate, baseline);
      const worse = z > critical;
      return {
        verdict: worse ? "rollback" : "promote",
        reason: `the candidate's scores ${worse ? "rank" : "do not rank"} significantly lower: z ${z.toFixed(2)} against ${critical.toFixed(2)}`,
        report: { alpha, z },
      };
    },
  };
}

/** How many standard deviations the candidate's ranks are lower than those of equals would be. */
function rankDeficit(candidate: readonly number[], baseline: readonly number[]): number {
  const [n, m] = [candidate.length, baseline.length];
  const all = [
    ...candidate.map((score) => ({ score, ofCandidate: true })),
    ...baseline.map((score) => ({ score, ofCandidate: false })),
  ].sort((a, b) => a.score - b.score);

  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]?.score === all[start]?.score) end++;
    const tied = all.slice(start, end);
    // Ranks count from 1, and all that are tied take their mean.
    rankSum += tied.filter(({ ofCandidate }) => ofCandidate).length * ((start + 1 + end) / 2);
    ties += tied.length ** 3 - tied.length;
    start = end;
  }
  const expected = (n * (n + m + 1)) / 2;
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  return variance > 0 ? (expected - rankSum) / Math.sqrt(variance) : 0;
}
