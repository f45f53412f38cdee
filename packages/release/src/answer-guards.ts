import type { Guard } from "./guard.ts";
import { type GuardOptions, type MetricGuardState, metricGuard } from "./metric-guard.ts";

/** What {@link errorGuard}, {@link missingGuard} and {@link scoreGuard} take. */
export interface AnswerGuardOptions extends GuardOptions {
  /** How much worse the candidate's share or mean may be, 0..1. Default 0. */
  readonly tolerance?: number | undefined;
}

/**
 * Guards the share of answers that fail. A breach rolls back, unless told otherwise.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the tolerance is out of its range.
 */
export function errorGuard(options: AnswerGuardOptions = {}): Guard<MetricGuardState> {
  return metricGuard({
    ...options,
    id: "errors",
    worse: ({ error }) => (error === undefined ? null : Number(error)),
  });
}

/**
 * Guards the share of answers that should have a score and have none: a candidate whose answers the judge can't read
 * would otherwise be judged by the rest. A breach holds, unless told otherwise.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the tolerance is out of its range.
 */
export function missingGuard(options: AnswerGuardOptions = {}): Guard<MetricGuardState> {
  return metricGuard({
    onBreach: "hold",
    ...options,
    id: "missing-scores",
    worse: ({ score }) => (score === undefined ? null : Number(score === null)),
  });
}

/**
 * Guards the mean score: what a gate does in a canary, for live traffic. A breach rolls back, unless told otherwise.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the tolerance is out of its range.
 */
export function scoreGuard(options: AnswerGuardOptions = {}): Guard<MetricGuardState> {
  return metricGuard({
    ...options,
    id: "score-loss",
    worse: ({ score }) => (score === undefined || score === null ? null : 1 - score),
  });
}
