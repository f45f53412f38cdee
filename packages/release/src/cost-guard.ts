import { argumentInvalid } from "@keelson/core";
import { HARM_BETS } from "./bets.ts";
import { bettingTest } from "./betting.ts";
import type { Guard, Sample } from "./guard.ts";
import {
  type GuardOptions,
  type MetricGuardState,
  meanOf,
  metricEvidence,
  newMetricState,
  pushDifference,
} from "./metric-guard.ts";

/** What {@link costGuard} takes. */
export interface CostGuardOptions extends GuardOptions {
  /** How many times as much the candidate may cost, 1 or more. Default 1.1. */
  readonly ratio?: number | undefined;
}

/**
 * What {@link costGuard} remembers besides: what the baseline's answers have cost.
 *
 * @inline
 */
export type CostGuardState = MetricGuardState & {
  readonly paid: number;
  readonly paidUsd: number;
};

// So many of the baseline's answers before their mean is taken for what is usual.
const WARM_UP = 10;
// What costs more than so many times the usual counts as that: costs have no upper end, and a test needs one.
const CAP = 4;

/**
 * Guards the cost of answers: a breach once the candidate's, each divided by `ratio`, are shown to be higher. An
 * answer of more than four times the baseline's mean so far counts as that much. The first 10 answers of the baseline
 * only calibrate it. A breach holds, unless told otherwise.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the ratio is out of its range.
 */
export function costGuard(options: CostGuardOptions = {}): Guard<CostGuardState> {
  const { ratio = 1.1, onBreach = "hold", alpha } = options;
  if (!(ratio >= 1 && ratio < Number.POSITIVE_INFINITY)) {
    throw argumentInvalid("ratio", `is ${ratio}, expected a finite number of at least 1`);
  }
  const test = bettingTest(HARM_BETS, 1);
  const cost = ({ costUsd }: Sample): number | null => costUsd ?? null;
  const capped =
    (capUsd: number, factor: number) =>
    ({ costUsd }: Sample): number | null => {
      if (costUsd === undefined) return null;
      // Where everything was free, any price is the highest.
      return capUsd === 0 ? Number(costUsd > 0) : Math.min(1, costUsd / factor / capUsd);
    };

  return {
    id: `cost(ratio=${ratio})`,
    onBreach,
    alpha,
    init: () => ({ ...newMetricState(test.init()), paid: 0, paidUsd: 0 }),
    push(before, { candidate, baseline }) {
      let state = before;
      const [ofCandidate, ofBaseline] = [meanOf(candidate, cost), meanOf(baseline, cost)];
      if (ofCandidate !== null && ofBaseline !== null && before.paid >= WARM_UP) {
        const capUsd = (CAP * before.paidUsd) / before.paid;
        const high = meanOf(candidate, capped(capUsd, ratio)) as number;
        const usual = meanOf(baseline, capped(capUsd, 1)) as number;
        const stakes = test.push(state.stakes, high - usual);
        state = { ...state, ...pushDifference(state, ofCandidate, ofBaseline, stakes) };
      }
      let { paid, paidUsd } = state;
      for (const { costUsd } of baseline) {
        if (costUsd === undefined) continue;
        paid++;
        paidUsd += costUsd;
      }
      return { ...state, paid, paidUsd };
    },
    evidence: (state) => metricEvidence(state, { ratio }, { unit: " USD" }),
  };
}
