import { argumentInvalid } from "@keelson/core";
import { HARM_BETS } from "./bets.ts";
import { bettingTest } from "./betting.ts";
import { checkRate } from "./check-argument.ts";
import type { Guard, Sample } from "./guard.ts";
import {
  type GuardOptions,
  type MetricGuardState,
  meanOf,
  metricEvidence,
  newMetricState,
  pushDifference,
} from "./metric-guard.ts";

/** What {@link latencyGuard} takes. */
export interface LatencyGuardOptions extends GuardOptions {
  /** How many times as slow the candidate may be, 1 or more. Default 1.2. */
  readonly ratio?: number | undefined;
  /** The quantile of the baseline's latency that is looked at, above 0 and below 1. Default 0.95. */
  readonly quantile?: number | undefined;
}

/**
 * What {@link latencyGuard} remembers besides: how often the baseline's latency fell into which bucket.
 *
 * @inline
 */
export type LatencyGuardState = MetricGuardState & {
  readonly firstBucket: number;
  readonly buckets: readonly number[];
};

// So many of the baseline's answers before its quantile means anything.
const WARM_UP = 20;
// A bucket reaches 5 % further than the one before: 0.01 ms is in bucket -94, an hour in bucket 310.
const GROWTH = Math.log(1.05);
const [FIRST, LAST] = [-94, 310];

/**
 * Guards the slow answers: the share of the candidate's that are beyond the baseline's 95th percentile, each taken as
 * `ratio` times as fast as it was. Percentiles themselves can't be tested without assuming a distribution; how many
 * answers lie beyond one can. The percentile is that of the baseline's answers so far, without those that it is next
 * held against, so the test stays valid while it moves. The first 20 only calibrate it. A breach rolls back, unless
 * told otherwise.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of its range.
 */
export function latencyGuard(options: LatencyGuardOptions = {}): Guard<LatencyGuardState> {
  const { ratio = 1.2, quantile = 0.95, onBreach = "rollback", alpha } = options;
  if (!(ratio >= 1 && ratio < Number.POSITIVE_INFINITY)) {
    throw argumentInvalid("ratio", `is ${ratio}, expected a finite number of at least 1`);
  }
  checkRate("quantile", quantile);
  const test = bettingTest(HARM_BETS, 1);
  const beyond =
    (limitMs: number, factor: number) =>
    ({ latencyMs }: Sample): number | null =>
      latencyMs === undefined ? null : Number(latencyMs / factor > limitMs);

  return {
    id: `latency(ratio=${ratio},quantile=${quantile})`,
    onBreach,
    alpha,
    init: () => ({ ...newMetricState(test.init()), firstBucket: 0, buckets: [] }),
    push(before, comparison) {
      let state = before;
      const limitMs = quantileOf(before, quantile);
      if (limitMs !== null) {
        const candidate = meanOf(comparison.candidate, beyond(limitMs, ratio));
        const baseline = meanOf(comparison.baseline, beyond(limitMs, 1));
        if (candidate !== null && baseline !== null) {
          const stakes = test.push(state.stakes, candidate - baseline);
          state = { ...state, ...pushDifference(state, candidate, baseline, stakes) };
        }
      }
      return comparison.baseline.reduce(addLatency, state);
    },
    evidence: (state) =>
      metricEvidence(
        state,
        { ratio, quantile, limitMs: quantileOf(state, quantile) },
        { before: `beyond the baseline's p${Number((100 * quantile).toFixed(2))}: ` },
      ),
  };
}

function addLatency(state: LatencyGuardState, { latencyMs }: Sample): LatencyGuardState {
  if (latencyMs === undefined) return state;
  const bucket = Math.min(LAST, Math.max(FIRST, Math.ceil(Math.log(latencyMs) / GROWTH)));
  const firstBucket = state.buckets.length === 0 ? bucket : Math.min(state.firstBucket, bucket);
  const buckets = [
    ...new Array<number>(state.buckets.length === 0 ? 0 : state.firstBucket - firstBucket).fill(0),
    ...state.buckets,
  ];
  while (buckets.length <= bucket - firstBucket) buckets.push(0);
  buckets[bucket - firstBucket] = (buckets[bucket - firstBucket] as number) + 1;
  return { ...state, firstBucket, buckets };
}

/** The upper end of the bucket that the quantile is in; `null` while too little is known. */
function quantileOf({ firstBucket, buckets }: LatencyGuardState, quantile: number): number | null {
  let above = 0;
  for (const count of buckets) above += count;
  if (above < WARM_UP) return null;
  const most = (1 - quantile) * above;
  above = 0;
  let at = buckets.length - 1;
  while (at > 0 && above + (buckets[at] as number) <= most) above += buckets[at--] as number;
  return Math.exp((firstBucket + at) * GROWTH);
}
