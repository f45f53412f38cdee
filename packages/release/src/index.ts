/**
 * Release operations: an immutable registry of bundles, a canary against the live version, a ramp on live evidence,
 * one-call rollback, a synchronous router, and an audit log that shows tampering.
 *
 * @packageDocumentation
 */

// The manager
export { createReleaseManager } from "./create-release-manager.ts";
export type {
  ReleaseManager,
  ReleaseManagerOptions,
  ReleaseOptions,
  ReleaseResult,
  ResumeRampOptions,
} from "./release-manager.ts";
export type { Release } from "./release.ts";
export type { RegisterOptions } from "./register.ts";
export { bundleId } from "./bundle-id.ts";

// Judging
export type { CanaryBudget, CanaryOptions, CanaryProgress } from "./canary.ts";
export type {
  CanaryEvidence,
  CanaryPoint,
  CanarySide,
  CanarySpend,
  CaseComparison,
  Verdict,
} from "./verdict.ts";
export type { Gate, GateDecision, GateEvidence, GateProgress, ScoredPair, VerdictKind } from "./gate.ts";
export type { Comparison, Guard, GuardEvidence, GuardReport, Sample, SideTaken } from "./guard.ts";
export { sequential, type SequentialOptions, type SequentialState } from "./sequential.ts";
export { type PointEstimateOptions, type PointEstimateState, pointEstimate } from "./point-estimate.ts";
export { fixedPaired, type FixedPairedOptions, type FixedPairedState } from "./fixed-paired.ts";
export { mannWhitney, type MannWhitneyOptions, type MannWhitneyState } from "./mann-whitney.ts";
export { provableMargin } from "./provable-margin.ts";
export {
  fromScorer,
  type FromScorerOptions,
  type ScoredAnswer,
  type Scorer,
  type ScorerArgs,
} from "./from-scorer.ts";

// Guards
export { type AnswerGuardOptions, errorGuard, missingGuard, scoreGuard } from "./answer-guards.ts";
export { latencyGuard, type LatencyGuardOptions, type LatencyGuardState } from "./latency-guard.ts";
export { costGuard, type CostGuardOptions, type CostGuardState } from "./cost-guard.ts";
export { sampleRatioGuard, type SampleRatioGuardState } from "./sample-ratio-guard.ts";
export {
  type GuardOptions,
  metricGuard,
  type MetricGuardOptions,
  type MetricGuardState,
} from "./metric-guard.ts";

// Planning
export { type CanaryPlan, planCanary, type PlanCanaryOptions } from "./plan-canary.ts";
export { simulate, type SimulateOptions, type SimulationReport } from "./simulate.ts";
export type { Scenario } from "./scenario.ts";

// Moving traffic
export type { MoveResult, PromoteOptions, RollbackOptions } from "./promote.ts";
export type { Assignment, Router, RouterOptions } from "./router.ts";
export type {
  Observation,
  ObserveResult,
  Outcome,
  Ramp,
  RampApproveOptions,
  RampOptions,
  RampSide,
  RampStatus,
  RampStepOptions,
} from "./ramp.ts";
export type { RampBudget, RampPlan, RampStage } from "./ramp-plan.ts";
export type { RampJudgeOptions } from "./ramp-judges.ts";
export type { RampApproval, RampPause } from "./head.ts";
export type { FreezeWindow, Weekday } from "./freeze.ts";
export { murmur3 } from "./murmur3.ts";

// What happened
export type { AuditAnchor, AuditEvent, AuditEventFacts, AuditEventType } from "./audit-event.ts";
export type { HistoryOptions } from "./history.ts";
export type { AuditReport, VerifyAuditOptions } from "./verify-audit.ts";
