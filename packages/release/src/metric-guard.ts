import { argumentInvalid, assertObject, type JsonObject } from "@keelson/core";
import { HARM_BETS } from "./bets.ts";
import { bettingTest, type Stakes } from "./betting.ts";
import { checkShare } from "./check-argument.ts";
import type { Guard, GuardEvidence, Sample } from "./guard.ts";

/** What every guard of {@link metricGuard}'s kind takes. */
export interface GuardOptions {
  /** What a breach does. */
  readonly onBreach?: "rollback" | "hold" | undefined;
  /** Its part of the shared alpha, above 0. Default: an even share of what the others leave. */
  readonly alpha?: number | undefined;
}

/** What {@link metricGuard} takes. */
export interface MetricGuardOptions extends GuardOptions {
  /** Names what is guarded, with everything that changes what `worse` answers. */
  readonly id: string;
  /** How bad an answer is, 0 to 1; `null` where it can't be said, and the answer then counts for nothing. */
  readonly worse: (sample: Sample) => number | null;
  /** How much worse the candidate may be on average, 0 up to 1. Default 0. */
  readonly tolerance?: number | undefined;
}

/**
 * What {@link metricGuard} remembers.
 *
 * @inline
 */
export type MetricGuardState = {
  readonly comparisons: number;
  readonly candidateSum: number;
  readonly baselineSum: number;
  readonly stakes: readonly number[];
  readonly most: number;
};

/**
 * Guards any figure between 0 and 1 that an answer can be given: a breach once the candidate's mean is shown to be
 * above the baseline's by more than the tolerance. The test is that of {@link sequential}: valid at every look, for
 * any distribution, from the first answer on.
 *
 * @throws KeelsonError ARGUMENT_INVALID when there is no id, `worse` is no function or the tolerance is out of its
 * range; from `push` when `worse` answers something else than `null` or 0 to 1.
 *
 * @example Answers that took longer than two seconds.
 * ```ts
 * import { metricGuard, type Sample } from "@keelson/release";
 *
 * const slow = metricGuard({
 *   id: "slower-than-2s",
 *   worse: ({ latencyMs }) => (latencyMs === undefined ? null : latencyMs > 2000 ? 1 : 0),
 * });
 * const fast: Sample = { latencyMs: 800 };
 * let state = slow.init();
 * for (let i = 0; i < 9; i++) state = slow.push(state, { candidate: [{ latencyMs: 2400 }], baseline: [fast] });
 * console.log(slow.evidence(state).summary); // 1 against the baseline's 0, over 9 comparisons
 * console.log(slow.evidence(state).eValue > 100); // true
 * ```
 */
export function metricGuard(options: MetricGuardOptions): Guard<MetricGuardState> {
  assertObject(options);
  const { id, worse, tolerance = 0, onBreach = "rollback", alpha } = options;
  if (typeof id !== "string" || id === "") throw argumentInvalid("id", "is not a string, or empty");
  if (typeof worse !== "function") throw argumentInvalid("worse", "is no function");
  checkShare("tolerance", tolerance);
  const test = bettingTest(HARM_BETS, 1 + tolerance);

  const badness = (sample: Sample): number | null => {
    const value = worse(sample);
    if (value !== null && !(value >= 0 && value <= 1)) {
      throw argumentInvalid(id, `answers ${String(value)}, expected null or 0 to 1`);
    }
    return value;
  };

  return {
    id: tolerance === 0 ? id : `${id}(tolerance=${tolerance})`,
    onBreach,
    alpha,
    init: () => newMetricState(test.init()),
    push(state, comparison) {
      const candidate = meanOf(comparison.candidate, badness);
      const baseline = meanOf(comparison.baseline, badness);
      if (candidate === null || baseline === null) return state;
      return pushDifference(
        state,
        candidate,
        baseline,
        test.push(state.stakes, candidate - baseline - tolerance),
      );
    },
    evidence: (state) => metricEvidence(state, { tolerance }),
  };
}

/** The state before anything was seen. */
export function newMetricState(stakes: Stakes): MetricGuardState {
  return { comparisons: 0, candidateSum: 0, baselineSum: 0, stakes, most: 1 };
}

/** The state after one more comparison, with the stakes it has led to. */
export function pushDifference(
  state: MetricGuardState,
  candidate: number,
  baseline: number,
  stakes: Stakes,
): MetricGuardState {
  let total = 0;
  for (const stake of stakes) total += stake;
  return {
    comparisons: state.comparisons + 1,
    candidateSum: state.candidateSum + candidate,
    baselineSum: state.baselineSum + baseline,
    stakes,
    most: Math.max(state.most, total),
  };
}

/** The mean of what is known; `null` where nothing is. */
export function meanOf(samples: readonly Sample[], figure: (sample: Sample) => number | null): number | null {
  let sum = 0;
  let known = 0;
  for (const sample of samples) {
    const value = figure(sample);
    if (value === null) continue;
    sum += value;
    known++;
  }
  return known === 0 ? null : sum / known;
}

/** What a guard of means has seen. */
export function metricEvidence(
  { comparisons, candidateSum, baselineSum, most }: MetricGuardState,
  settings: JsonObject,
  { before = "", unit = "" }: { readonly before?: string; readonly unit?: string } = {},
): GuardEvidence {
  const candidate = comparisons === 0 ? null : candidateSum / comparisons;
  const baseline = comparisons === 0 ? null : baselineSum / comparisons;
  const summary =
    candidate === null || baseline === null
      ? "nothing to compare"
      : `${before}${short(candidate)}${unit} against the baseline's ${short(baseline)}${unit}, over ${comparisons} ${comparisons === 1 ? "comparison" : "comparisons"}`;
  return { eValue: most, summary, report: { ...settings, comparisons, candidate, baseline } };
}

function short(figure: number): string {
  return String(Number(figure.toPrecision(4)));
}
